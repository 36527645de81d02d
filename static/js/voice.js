// The voices' pages: the editor on a voice's own page, and one sound at a time.

import { VoiceEditor } from "./voice-editor.js";

document.addEventListener("play", (event) => {
  document.querySelectorAll("audio").forEach((audio) => { if (audio !== event.target) audio.pause(); });
}, true);

const form = document.getElementById("voice-edit");
if (form) {
  const save = form.querySelector(".voice-save button");
  const asIs = () => save.toggleAttribute("disabled", !editor.facts || !editor.isOther);
  const editor = new VoiceEditor(document.getElementById("voice-editor"), { changed: asIs });
  editor.open(form.dataset.facts).then(asIs);
  form.addEventListener("submit", () => {
    editor.pause();
    // The fields show hundredths; what is sent is where the handles are.
    if (!editor.facts) return;
    editor.fields.start.value = editor.exact("start");
    editor.fields.end.value = editor.exact("end");
    editor.busy(true, "Making the new voice…");
  });
}
