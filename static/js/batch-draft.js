// A sheet's rows before they are made: sound files that are added here find the rows that name them, a fixed sheet replaces
// what it names.

import { SHEETS, dropPage, say } from "./send-form.js";
import { UploadQueue } from "./upload.js";

const form = document.getElementById("draft-sounds");

// Looked up each time: the rows are drawn again after every change.
const sheetField = () => document.querySelector("[data-sheet-form] input[type=file]");

function sendSheet(file) {
  const field = sheetField();
  if (file) {
    const data = new DataTransfer();
    data.items.add(file);
    field.files = data.files;
  }
  field.form.requestSubmit();
  field.value = ""; // it is on its way: a browser that comes back to this page does not send it again
}

if (form) {
  const queue = new UploadQueue({
    template: document.getElementById("arriving-sound"),
    place: (row) => document.getElementById("sound-list").append(row),
    url: form.action,
    field: "sound",
    maxBytes: Number(form.dataset.maxBytes),
    arrive(row, words, file) {
      row.querySelector("progress").remove();
      row.querySelector(".buttons").remove();
      row.querySelector("[data-words]").textContent = words;
      row.classList.add("is-there");
      say(`${file.name}: ${words}`);
    },
    idle: () => htmx.ajax("GET", location.pathname, { target: "#draft", swap: "outerHTML show:none" }),
  });
  const take = (input) => {
    const files = [...input.files];
    input.value = "";
    files.forEach((file) => queue.add(file));
  };
  form.addEventListener("change", (event) => take(event.target));
  document.addEventListener("change", (event) => { if (event.target === sheetField()) sendSheet(); });
  dropPage((files) => {
    const sheet = sheetField() && files.find((file) => SHEETS.test(file.name));
    files.filter((file) => !SHEETS.test(file.name)).forEach((file) => queue.add(file));
    if (sheet) sendSheet(sheet);
  });
  // Chosen before this script had loaded.
  take(form.querySelector("input[type=file]"));
  if (sheetField()?.files.length) sendSheet();
}

// A row that was opened takes the focus; one that was closed gives it back.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "draft") return;
  const field = document.querySelector(".draft-edit [name=avatar_text]");
  if (field) field.focus();
  else document.querySelector(".draft-head button")?.focus({ preventScroll: true });
});
