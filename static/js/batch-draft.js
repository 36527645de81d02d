// A sheet's rows before they are made: sound files that are added here find the rows that name them.

import { add, prepare } from "./batch-sounds.js";
import { dropPage, say } from "./send.js";

const form = document.getElementById("draft-sounds");

if (form) {
  prepare({
    list: document.getElementById("sound-list"),
    url: form.action,
    field: "sound",
    maxBytes: Number(form.dataset.maxBytes),
    arrive(row, words, file) {
      row.querySelector("progress").remove();
      row.querySelector("[data-words]").textContent = words;
      row.classList.add("is-there");
      say(`${file.name}: ${words}`);
    },
    idle: () => htmx.ajax("GET", location.pathname, { target: "#draft", swap: "outerHTML show:none" }),
  });
  form.addEventListener("change", (event) => {
    [...event.target.files].forEach(add);
    event.target.value = "";
  });
  dropPage((files) => files.forEach(add));
}

// A row that was opened takes the focus; one that was closed gives it back.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "draft") return;
  const field = document.querySelector(".draft-edit [name=said_avatar]");
  if (field) field.focus();
  else document.querySelector(".draft-head button")?.focus({ preventScroll: true });
});
