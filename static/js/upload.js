// The avatars' page: each chosen or dropped picture becomes a card at once, with its own progress and its own error.

import { dropPage, page, say, send, tooLarge } from "./send.js";

const AT_ONCE = 3;
const form = document.querySelector("form[data-upload]"); // on an empty page the large one, later one in the header
const template = document.getElementById("upload-card");
const waiting = [];
let running = 0;

function add(file) {
  const card = template.content.firstElementChild.cloneNode(true);
  card.classList.add("is-arriving");
  card.querySelector(".card-name").textContent = file.name;
  card.querySelector("progress").setAttribute("aria-label", `Upload of ${file.name}`);
  const picture = card.querySelector("img");
  const address = URL.createObjectURL(file);
  // Some kinds (HEIC, TIFF) only our side can show.
  picture.addEventListener("error", () => picture.removeAttribute("src"));
  picture.src = address;
  card.querySelector("[data-remove]").addEventListener("click", () => { URL.revokeObjectURL(address); card.remove(); });
  card.querySelector("[data-again]").addEventListener("click", () => queue(card, file));
  document.getElementById("cards").prepend(card); // looked up each time: a search brings a new one
  document.getElementById("empty")?.classList.add("is-filled");
  queue(card, file);
}

function queue(card, file) {
  card.classList.remove("is-refused");
  card.querySelector("progress").hidden = false;
  card.querySelector(".buttons").hidden = true;
  tell(card, "Waiting…");
  const problem = tooLarge(file, Number(form.dataset.maxBytes));
  if (problem) return refuse(card, problem, false);
  waiting.push([card, file]);
  next();
}

async function next() {
  if (running >= AT_ONCE || !waiting.length) return;
  const [card, file] = waiting.shift();
  if (!card.isConnected) return next();
  running += 1;
  const bar = card.querySelector("progress");
  tell(card, "Uploading…");
  const answer = await send(form.action, "portraits", file, (percent) => {
    if (percent < 100) {
      bar.value = percent;
      tell(card, `Uploading… ${percent} %`);
    } else {
      bar.removeAttribute("value");
      tell(card, "Looking at the picture…");
    }
  });
  running -= 1;
  if (answer.ok) arrive(card, answer.text);
  else refuse(card, answer.text, answer.again);
  next();
}

function arrive(card, html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  const fresh = made.content.querySelector(".card");
  URL.revokeObjectURL(card.querySelector("img").src);
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

function refuse(card, sentence, again) {
  card.classList.add("is-refused");
  card.querySelector("progress").hidden = true;
  card.querySelector(".buttons").hidden = false;
  card.querySelector("[data-again]").hidden = !again;
  tell(card, sentence);
  say(`${card.querySelector(".card-name").textContent}: ${sentence}`);
}

function tell(card, words) {
  card.querySelector(".card-words").textContent = words;
}

const take = (files) => files.slice().reverse().forEach(add);

if (form) {
  document.addEventListener("change", (event) => {
    if (!event.target.closest("form[data-upload]")) return;
    take([...event.target.files]);
    event.target.value = "";
  });
  dropPage(take);
  // A search or what came from elsewhere brings new results: what is still on its way stays on top of them.
  let kept = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "results") kept = [...document.querySelectorAll("#cards > .is-upload")];
  });
  document.addEventListener("htmx:afterSwap", () => {
    document.getElementById("cards").prepend(...kept.splice(0));
  });
  // Leaving now would lose what is still on its way.
  addEventListener("beforeunload", (event) => { if (!page.leaving && (running || waiting.length)) event.preventDefault(); });
}
