// The page on which a text is typed: the form itself makes the voice.

import { SpeechEditor } from "./speech-editor.js";

new SpeechEditor(document.getElementById("typing"));
