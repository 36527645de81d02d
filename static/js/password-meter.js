// Says how hard a new password is to guess while it is typed; the server judges it (dashboard/accounts/password_strength.py).

document.querySelectorAll("[data-strength]").forEach((meter) => {
  const field = document.getElementById(meter.dataset.strength);
  const bar = meter.querySelector("meter");
  const words = meter.querySelector("p");
  let timer;
  let number = 0;

  async function ask() {
    const mine = ++number;
    const form = new FormData();
    form.set("password", field.value);
    for (const name of ["name", "email"]) form.set(name, field.form.querySelector(`[autocomplete=${name}], [type=${name}]`)?.value ?? "");
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    const response = await fetch(meter.dataset.address, { method: "POST", body: form, headers }).catch(() => null);
    if (mine !== number) return;
    meter.hidden = !response?.ok;
    if (meter.hidden) return;
    const { score, sentence } = await response.json();
    bar.value = score + 1;
    words.textContent = sentence;
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    number += 1;
    if (field.value) timer = setTimeout(ask, 300);
    else meter.hidden = true;
  });
});
