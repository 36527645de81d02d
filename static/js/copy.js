// A field that can be copied: <button data-copy="id of the field">. Works on parts of a page that come later, too.

document.addEventListener("focusin", (event) => { if (event.target.matches("input.copy")) event.target.select(); });
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  let text = "Copied.";
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Browsers keep the clipboard from pages that came by plain http.
    field.focus();
    field.select();
    if (!document.execCommand("copy")) text = "It is selected: copy it with Ctrl+C, or ⌘C.";
  }
  document.dispatchEvent(new CustomEvent("toast", { detail: { text } }));
});
