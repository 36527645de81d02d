// A link that can be copied, a password that can be looked at.

document.querySelectorAll("[data-copy]").forEach((button) => {
  const field = document.getElementById(button.dataset.copy);
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Browsers keep the clipboard from pages that came by plain http.
      field.select();
      if (!document.execCommand("copy")) return;
    }
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: "Copied." } }));
  });
});

document.querySelectorAll("[data-reveal]").forEach((box) => {
  const field = document.getElementById(box.dataset.reveal);
  box.addEventListener("change", () => { field.type = box.checked ? "text" : "password"; });
  field.form.addEventListener("submit", () => { field.type = "password"; });
});
