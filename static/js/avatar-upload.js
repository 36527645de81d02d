// The avatars' page: each chosen or dropped picture becomes a card at once, with its own progress and its own error.

import { checkPortrait } from "./portrait-check.js";
import { dropPage, say } from "./send-form.js";
import { UploadQueue } from "./upload.js";

const form = document.querySelector("form[data-upload]"); // on an empty page the large one, later one in the header

function showPicture(card, file) {
  const picture = card.querySelector("img");
  // Some kinds (HEIC, TIFF) only the server can show.
  picture.addEventListener("error", () => picture.removeAttribute("src"));
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
  picture.src = URL.createObjectURL(file);
}

function place(card, file) {
  showPicture(card, file);
  document.getElementById("cards").prepend(card); // looked up each time: a search brings a new one
  document.getElementById("empty")?.classList.add("is-filled");
}

function arrive(card, html) {
  const fresh = Object.assign(document.createElement("template"), { innerHTML: html }).content.querySelector(".card");
  card.replaceWith(fresh);
  htmx.process(fresh);
  say(`${fresh.querySelector(".card-name").textContent} was uploaded.`);
  fill();
  document.dispatchEvent(new CustomEvent("started"));
}

// The first avatar: with the large zone gone, search and filters come to light, and the button goes to the header.
function fill() {
  const empty = document.getElementById("empty");
  if (!empty) return;
  const hadFocus = empty.contains(document.activeElement);
  empty.remove();
  const action = document.getElementById("upload-action");
  action.replaceWith(action.content);
  if (hadFocus) document.querySelector("form[data-upload] input[name=portraits]").focus({ preventScroll: true });
}

if (form) {
  const queue = new UploadQueue({
    template: document.getElementById("upload-card"),
    place,
    check: (file) => checkPortrait(file, form.dataset),
    arrive,
    url: form.action,
    field: "portraits",
    atOnce: 3,
  });
  const add = (files) => files.slice().reverse().forEach((file) => queue.add(file));
  const take = (input) => {
    const files = [...input.files];
    input.value = "";
    add(files);
  };
  document.addEventListener("change", (event) => {
    const another = event.target.closest("[data-another]");
    if (!another && !event.target.closest("form[data-upload]")) return;
    const isChosen = event.target.files.length > 0;
    take(event.target);
    if (another && isChosen) another.parentElement.querySelector("[data-remove]").click();
  });
  // Chosen before this script had loaded.
  document.querySelectorAll("form[data-upload] input[type=file]").forEach(take);
  dropPage(add);
  // A search or what came from elsewhere brings new results: what is still on its way stays on top of them.
  let kept = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "results") kept = [...document.querySelectorAll("#cards > .is-upload")];
  });
  document.addEventListener("htmx:afterSwap", () => {
    document.getElementById("cards").prepend(...kept.splice(0));
  });
}
