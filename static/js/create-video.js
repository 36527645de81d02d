// The page that makes a video: what is chosen is told beside the picture, and what is missing before it is sent.

import { addPicture, isPicture } from "./look-form.js";
import { dropPage } from "./send-form.js";
import { VideoDraft } from "./video-draft.js";
import { VoiceStep } from "./voices.js";

const form = document.getElementById("compose");
const spoken = document.getElementById("preview-voice");
let voice = null;
let settling = false;

function preview() {
  const avatar = form.querySelector("[name=avatar]:checked");
  if (avatar) document.getElementById("preview-name").textContent = avatar.dataset.name;
  spoken.hidden = !voice?.chosen;
  if (spoken.hidden) return;
  spoken.querySelector("path").setAttribute("d", voice.wave);
  spoken.querySelector("[data-words]").textContent = voice.words;
}

new VideoDraft(form, document.getElementById("draft-note")).restore();
voice = new VoiceStep(form, preview);
form.addEventListener("change", preview);
form.addEventListener("submit", async (event) => {
  const sentence = voice.problem;
  if (!sentence && voice.isSettled) return;
  event.preventDefault();
  if (settling) return;
  if (sentence) {
    voice.tell(sentence);
    voice.show();
    return;
  }
  // A cut that is only seen so far becomes a voice first; then the page goes its way.
  settling = true;
  const button = event.submitter;
  button?.setAttribute("aria-disabled", "true");
  const done = await voice.settle();
  button?.removeAttribute("aria-disabled");
  settling = false;
  if (done) form.requestSubmit(button);
}, true);
dropPage(([file]) => (isPicture(file) ? addPicture(file) : voice.add(file)));
addEventListener("pageshow", preview);
preview();
