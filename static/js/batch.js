// The page that makes several videos: sounds are sent as soon as they are chosen, the button counts what will be made.

import { SHEETS, dropPage, say } from "./send-form.js";
import "./sound-player.js";
import { UploadQueue } from "./upload.js";

const form = document.getElementById("batch-form");
const list = document.getElementById("sound-list");
const error = document.getElementById("sound-error");
const input = document.getElementById("sounds");
const sheet = document.getElementById("sheet");
const { way } = form.dataset;
const most = Number(form.dataset.most);

const countChecked = (name) => form.querySelectorAll(`[name=${name}]:checked`).length;
const countVideos = () => countChecked(way === "sounds" ? "voice" : "avatar");

function showCount() {
  const words = form.querySelector("[data-count]");
  const button = form.querySelector("[data-button-words]");
  if (way === "sheet") {
    words.textContent = sheet.files[0] ? "" : "Choose a sheet first.";
    return;
  }
  const many = countVideos();
  button.textContent = many > 1 ? `Make ${many} videos` : many ? "Make the video" : "Make the videos";
  words.textContent = many > most ? `The limit is ${most} videos at a time.` : "";
}

const queue = new UploadQueue({
  template: document.getElementById("arriving-sound"),
  place: (row) => list.append(row),
  url: form.dataset.upload,
  field: "sound",
  maxBytes: Number(form.dataset.maxBytes),
  arrive(row, html, file) {
    const made = document.createElement("template");
    made.innerHTML = html;
    const fresh = made.content.querySelector(".sound-row");
    row.replaceWith(fresh);
    error.textContent = "";
    say(`${file.name} was uploaded.`);
  },
  changed: showCount,
});

function takeChosen() {
  const files = [...input.files];
  input.value = "";
  take(files);
}

function take(files) {
  const sounds = [];
  for (const file of files) {
    if (sheet && SHEETS.test(file.name)) choose(file);
    else sounds.push(file);
  }
  (way === "speakers" ? sounds.slice(0, 1) : sounds).forEach((file) => queue.add(file));
}

// What was dropped on the page is as good as what was chosen in the dialog.
function choose(file) {
  const data = new DataTransfer();
  data.items.add(file);
  sheet.files = data.files;
  showName();
}

function showName() {
  form.querySelector("[data-sheet-name]").textContent = sheet.files[0]?.name ?? "";
  showCount();
}

form.addEventListener("change", (event) => {
  if (event.target === input) takeChosen();
  else if (event.target === sheet) showName();
  else showCount();
});
form.addEventListener("click", (event) => {
  const row = event.target.closest("[data-remove]")?.closest("[data-sound]");
  if (!row) return;
  row.remove();
  showCount();
});
form.addEventListener("submit", (event) => {
  let sentence = "";
  if (queue.isBusy) sentence = "Wait until the audio is uploaded.";
  else if (sheet && !sheet.files[0]) sentence = "Choose the sheet first.";
  else if (way === "speakers" && !countChecked("avatar")) sentence = "Choose an avatar.";
  else if (!sheet && !countChecked("voice")) sentence = "Add a voice: upload audio, or choose a recent voice.";
  else if (!sheet && countVideos() > most) sentence = `The limit is ${most} videos at a time.`;
  if (!sentence) return;
  event.preventDefault();
  error.textContent = sentence;
  error.closest(".step").scrollIntoView({ block: "center", behavior: "smooth" });
  (sheet ?? input).focus({ preventScroll: true });
}, true);
dropPage(take);
takeChosen(); // before this script had loaded
addEventListener("pageshow", () => { if (sheet) showName(); showCount(); });
showCount();
