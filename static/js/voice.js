// The voices' pages: players in the list, the editor on a voice's own page.

import "./sound-player.js";
import { VoiceEditor } from "./voice-editor.js";

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
    editor.busy(true, "Saving the new voice…");
  });
}
