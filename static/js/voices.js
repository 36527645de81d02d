// The step "What they say": a sound is sent as soon as it is there, and what is chosen opens in the editor.

import { askConsent, NOT_STATED } from "./consent.js";
import { say, tooLarge } from "./send-form.js";
import { SpeechPanel } from "./speech-editor.js";
import { pauseAll } from "./sound-player.js";
import { showProgress, uploadFile } from "./upload.js";
import { VoiceEditor } from "./voice-editor.js";
import { VoiceRecorder } from "./voice-recorder.js";

const MISSING = "Add a voice: record one, upload audio, type what is said, or choose a recent voice.";

export class VoiceStep {
  constructor(form, changed) {
    const at = (id) => document.getElementById(id);
    Object.assign(this, { form, changed, input: at("sound"), error: at("sound-error"), progress: at("sound-progress"), list: at("voices"), script: at("script"), sending: null });
    this.editor = new VoiceEditor(at("voice-editor"), { made: (card, replaced) => this.put(card, replaced), changed });
    this.recorder = new VoiceRecorder(at("recorder"), at("record"), { use: (file) => this.upload(file, { recorded: true }), start: () => this.quiet() });
    if (at("typing")) this.typing = new SpeechPanel(at("typing"), at("type"), { arrive: (html) => this.arrive(html, "was made"), start: () => this.quiet() });
    const take = (input) => {
      if (input.files[0]) this.add(input.files[0]);
      input.value = "";
    };
    form.addEventListener("change", (event) => {
      if (event.target.matches("input[type=file][data-sound]")) take(event.target);
      else if (event.target.name === "voice") {
        this.error.textContent = "";
        this.choose();
      }
    });
    this.progress.querySelector("[data-cancel]").addEventListener("click", () => {
      if (this.unstated) this.showUnstated(null);
      else this.sending.abort();
      this.input.focus();
    });
    this.progress.querySelector("[data-again]").addEventListener("click", () => this.add(this.unstated));
    if (this.chosen) this.open();
    if (this.input.files.length) take(this.input); // chosen before this script had loaded
  }

  get chosen() { return this.form.querySelector("[name=voice]:checked"); }

  // What the page says of the choice beside the picture.
  get words() {
    const { name, length } = this.chosen.dataset;
    return `${name}, ${this.editor.isChanged ? this.editor.words : length}`;
  }

  get wave() { return this.chosen.closest(".voice").querySelector(".wave path")?.getAttribute("d") ?? ""; }

  quiet() {
    this.editor.pause(); // also one that is about to play
    pauseAll();
  }

  // ---- choosing

  choose() {
    this.quiet();
    this.know("");
    return this.open();
  }

  async open() {
    const card = this.chosen.closest(".voice");
    this.move(card);
    this.editor.root.hidden = false;
    this.changed();
    const facts = await this.editor.open(card.dataset.facts);
    if (facts && !this.script.value) this.know(facts.script);
    this.changed();
  }

  // What is moved loses the focus; whoever works in the editor keeps it.
  move(card) {
    const { root } = this.editor;
    const focused = root.contains(document.activeElement) ? document.activeElement : null;
    card.append(root);
    focused?.focus({ preventScroll: true });
  }

  // Words that came with another voice, and that nobody has touched, are not what this one says.
  know(words) {
    if (this.script.value !== this.script.defaultValue) return;
    this.script.value = this.script.defaultValue = words;
    if (words) this.script.closest("details").open = true;
  }

  // A new voice, chosen: in the place of the one it replaces, before the one it was made from, or first of all.
  async put(card, replaced) {
    const old = document.getElementById(`voice-${replaced}`);
    const there = document.getElementById(card.id);
    const from = this.chosen?.closest(".voice");
    if (there) {
      there.querySelector("input").checked = true;
    } else {
      card.querySelector("input").checked = true;
      if (replaced && old) old.before(card);
      else if (from && this.editor.facts) from.before(card);
      else this.list.prepend(card);
    }
    const chosen = this.chosen.closest(".voice");
    chosen.closest("details")?.setAttribute("open", "");
    this.move(chosen);
    if (replaced && old && old !== chosen) old.remove();
    this.changed();
    // Words may have been cut off with the sound.
    const facts = this.script.value && (await fetch(chosen.dataset.facts).then((answer) => answer.json()).catch(() => null));
    if (facts) this.know(facts.script);
  }

  // ---- uploading

  async add(file) {
    this.showUnstated(null);
    const answer = await this.upload(file);
    if (answer.unstated) this.showUnstated(file);
    else if (!answer.ok && !answer.cancelled) this.tell(`${file.name}: ${answer.text}`);
  }

  // Without the statement a file waits on the page; a recording does so in the recorder.
  showUnstated(file) {
    const again = this.progress.querySelector("[data-again]");
    this.unstated = file;
    again.hidden = !file;
    this.progress.querySelector("progress").hidden = Boolean(file);
    this.progress.hidden = !file;
    if (!file) return;
    this.progress.querySelector("[data-name]").textContent = file.name;
    this.progress.querySelector("[data-words]").textContent = NOT_STATED;
    again.focus();
  }

  async upload(file, { recorded = false } = {}) {
    this.error.textContent = "";
    const large = tooLarge(file, Number(this.form.dataset.maxBytes));
    if (large) return { ok: false, text: large };
    const stated = await askConsent();
    if (!stated) return { ok: false, text: NOT_STATED, unstated: true };
    this.sending?.abort(); // another file was chosen meanwhile
    const controller = (this.sending = new AbortController());
    const { signal } = controller;
    this.progress.querySelector("[data-name]").textContent = file.name;
    const follow = (words, percent) => { if (!signal.aborted) showProgress(this.progress, words, percent); };
    follow("Uploading…", 0);
    this.progress.hidden = false;
    const fields = recorded ? { ...stated, recorded: "yes" } : stated;
    const answer = await uploadFile(file, { url: this.form.dataset.voiceUpload, field: "sound", fields, follow, signal, stay: recorded });
    if (this.sending !== controller) return answer;
    this.sending = null;
    this.progress.hidden = true;
    if (answer.ok) this.arrive(answer.text);
    return answer;
  }

  arrive(html, what = "was uploaded") {
    const card = Object.assign(document.createElement("template"), { innerHTML: html }).content.firstElementChild;
    card.querySelector("input").checked = true;
    this.list.prepend(card);
    const { name, length } = this.chosen.dataset;
    say(`${name}, ${length}, ${what} and chosen.`);
    this.chosen.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // ---- before the page is sent

  get problem() {
    if (this.unstated) return `${this.unstated.name} is not uploaded yet. Press “Try again”, or cancel it.`;
    if (!this.progress.hidden) return "Wait until the audio is uploaded.";
    if (this.typing?.isBusy) return "Wait until the voice is made.";
    if (this.recorder.isUnsent) return "You have a recording that is not used yet. Press “Use recording”, or discard it.";
    return this.chosen || this.typing?.isUnsaid ? "" : MISSING;
  }

  tell(sentence) { this.error.textContent = sentence; }

  show() {
    const place = this.recorder.isUnsent ? this.recorder.root : this.input.closest(".step");
    place.scrollIntoView({ block: "center", behavior: "smooth" });
    if (this.recorder.isUnsent) this.recorder.focus();
    else this.input.focus({ preventScroll: true });
  }

  get isSettled() { return !this.editor.isChanged && !this.typing?.isUnsaid; }

  // What was typed or cut becomes a voice now; false if it could not.
  async settle() {
    if (this.typing?.isUnsaid) {
      const isMade = await this.typing.make();
      if (!isMade) this.typing.root.scrollIntoView({ block: "center", behavior: "smooth" });
      return isMade;
    }
    const done = await this.editor.settle();
    if (!done) this.editor.root.scrollIntoView({ block: "center", behavior: "smooth" });
    return done;
  }
}
