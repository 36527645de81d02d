// A file that is dropped anywhere on the box is chosen, and checked at once.
const box = document.querySelector(".check-drop");
const field = box.querySelector("input");

box.addEventListener("dragover", (event) => {
  event.preventDefault();
  box.classList.add("is-over");
});
box.addEventListener("dragleave", () => box.classList.remove("is-over"));
box.addEventListener("drop", (event) => {
  event.preventDefault();
  box.classList.remove("is-over");
  if (!event.dataTransfer.files.length) return;
  field.files = event.dataTransfer.files;
  field.form.requestSubmit();
});
