// The page that makes a video: a sound is sent as soon as it is chosen, and the words beside it say what is chosen.

import { addPicture } from "./look-form.js";
import { dropPage, say, send, tooLarge } from "./send.js";

const form = document.getElementById("compose");
const input = document.getElementById("sound");
const progress = document.getElementById("sound-progress");
const error = document.getElementById("sound-error");
const voices = document.getElementById("voices");
const spoken = document.getElementById("preview-voice");
let sending = 0;

function preview() {
  const avatar = form.querySelector("[name=avatar]:checked");
  if (avatar) document.getElementById("preview-name").textContent = avatar.dataset.name;
  const voice = form.querySelector("[name=voice]:checked");
  spoken.hidden = !voice;
  if (voice) {
    spoken.querySelector("path").setAttribute("d", voice.closest(".voice").querySelector("path").getAttribute("d"));
    spoken.querySelector("[data-words]").textContent = `${voice.dataset.name}, ${voice.dataset.length}`;
  }
}

// Words that came with another voice, and that nobody has touched, are not what this one says.
function forgetWords() {
  const script = document.getElementById("script");
  if (script.value === script.defaultValue) script.value = script.defaultValue = "";
}

async function upload(file) {
  error.textContent = tooLarge(file, Number(form.dataset.maxBytes));
  if (error.textContent) return;
  const mine = ++sending;
  const bar = progress.querySelector("progress");
  const words = progress.querySelector("[data-words]");
  progress.querySelector("[data-name]").textContent = file.name;
  words.textContent = "Uploading…";
  bar.value = 0;
  progress.hidden = false;
  const answer = await send(form.dataset.voiceUpload, "sound", file, (percent) => {
    if (mine !== sending) return;
    bar.value = percent;
    if (percent === 100) {
      bar.removeAttribute("value");
      words.textContent = "Listening to it…";
    }
  });
  if (mine !== sending) return; // another file was chosen meanwhile
  progress.hidden = true;
  if (!answer.ok) {
    error.textContent = `${file.name}: ${answer.text}`;
    return;
  }
  voices.insertAdjacentHTML("afterbegin", answer.text);
  const chosen = voices.querySelector("input");
  chosen.checked = true;
  forgetWords();
  say(`${chosen.dataset.name}, ${chosen.dataset.length}, was uploaded and chosen.`);
  preview();
}

// One voice at a time.
voices.addEventListener("play", (event) => {
  voices.querySelectorAll("audio").forEach((audio) => { if (audio !== event.target) audio.pause(); });
}, true);
form.addEventListener("change", (event) => {
  if (event.target === input) {
    if (input.files[0]) upload(input.files[0]);
    input.value = "";
  } else {
    if (event.target.name === "voice") {
      error.textContent = "";
      voices.querySelectorAll("audio").forEach((audio) => audio.pause());
      forgetWords();
    }
    preview();
  }
});
form.addEventListener("submit", (event) => {
  let sentence = "";
  if (!progress.hidden) sentence = "Wait until the sound has arrived.";
  else if (!form.querySelector("[name=voice]:checked")) sentence = "Choose what the avatar says: add a sound file, or a voice used before.";
  if (!sentence) return;
  event.preventDefault();
  error.textContent = sentence;
  document.getElementById("sound").closest(".step").scrollIntoView({ block: "center", behavior: "smooth" });
  input.focus({ preventScroll: true });
}, true);
dropPage(([file]) => (file.type.startsWith("image/") ? addPicture : upload)(file));
addEventListener("pageshow", preview);
preview();
