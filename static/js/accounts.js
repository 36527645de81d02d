// A password that can be looked at, a link that can be copied, a picture that is sent when it is chosen.

import "./copy.js";

document.querySelectorAll("[data-reveal]").forEach((box) => {
  const field = document.getElementById(box.dataset.reveal);
  box.addEventListener("change", () => { field.type = box.checked ? "text" : "password"; });
  field.form.addEventListener("submit", () => { field.type = "password"; });
});

document.querySelectorAll("form[data-send-at-once]").forEach((form) => {
  form.addEventListener("change", () => form.requestSubmit());
});
