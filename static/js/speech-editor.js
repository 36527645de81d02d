// Typing what is said: its length is estimated while it is typed, one sentence can be heard before all are made into a voice.

import { newReference, say, sendForm } from "./send-form.js";
import { playAlone } from "./sound-player.js";

const MARK = /\[\s*pause\s*(\d{1,2}(?:[.,]\d{1,2})?)?\s*(?:s|sec|seconds?)?\s*\]/gi;
const PAUSE = 0.5; // seconds, as in videos/voices/speech/text.py
const PARAGRAPH = 0.6;
const LETTERS = 14.5; // a second, about
const SYLLABLES = 4.6; // of scripts in which a character is one
const SENTENCE = /[^.!?…。！？\n]+[.!?…。！？]*["'”’)»]*/g;
const EVERY = 600; // milliseconds between two questions

// About how long it takes to say a text, in seconds.
export function estimate(text, speed = 1) {
  let silence = 0;
  const words = text.replace(MARK, (_, seconds) => {
    silence += seconds ? Number(seconds.replace(",", ".")) : PAUSE;
    return " ";
  });
  silence += PARAGRAPH * Math.max(words.trim().split(/\n\s*\n/).length - 1, 0);
  const syllables = words.match(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/g)?.length ?? 0;
  const letters = words.replace(/\s+/g, " ").trim().length - syllables;
  return (Math.max(letters, 0) / LETTERS + syllables / SYLLABLES) / speed + silence;
}

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

export class SpeechEditor {
  constructor(root) {
    const part = (name) => root.querySelector(`[data-${name}]`);
    Object.assign(this, { root, part, audio: new Audio(), run: 0, cancelled: "" });
    this.fields = Object.fromEntries([...root.querySelectorAll("[data-typed]")].map((field) => [field.dataset.typed, field]));
    this.audio.addEventListener("play", () => playAlone(this.audio));
    this.fields.text.addEventListener("input", () => this.show());
    for (const name of ["speaker", "speed"]) this.fields[name].addEventListener("change", () => this.show());
    part("pause").addEventListener("click", () => this.insertPause());
    part("listen").addEventListener("click", () => this.listen());
    this.show();
  }

  get text() { return this.fields.text.value.trim(); }
  get needsConsent() { return Boolean(this.fields.speaker.selectedOptions[0]?.closest("[data-needs-consent]")); }

  show() {
    const seconds = estimate(this.text, Number(this.fields.speed.value));
    const whole = Math.max(Math.round(seconds), 1);
    const words = whole < 60 ? `${whole} second${whole === 1 ? "" : "s"}` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
    this.part("length").textContent = this.text ? `About ${words}` : "";
    const consent = this.part("consent");
    if (consent) consent.hidden = !this.needsConsent;
    this.part("draft-note").hidden = !this.fields.speaker.value.startsWith("draft:");
  }

  tell(sentence) { this.part("problem").textContent = sentence; }

  insertPause() {
    const field = this.fields.text;
    field.setRangeText(" [pause] ", field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // The sentence in which the cursor is, or what is selected.
  get sentence() {
    const { value, selectionStart, selectionEnd } = this.fields.text;
    if (selectionEnd > selectionStart) return value.slice(selectionStart, selectionEnd);
    const all = [...value.matchAll(SENTENCE)].filter((match) => match[0].trim());
    return (all.find((match) => match.index + match[0].length >= selectionStart) ?? all.at(-1))?.[0].trim() ?? "";
  }

  async listen() {
    if (!this.audio.paused) return this.audio.pause();
    const { sentence } = this;
    if (!sentence) return this.tell("Type a sentence first.");
    const words = this.part("listen-words");
    const before = words.textContent;
    words.textContent = "One moment…";
    const answer = await this.speak(sentence, { sample: "on" }, () => {});
    words.textContent = before;
    if (!answer.ok) return this.tell(answer.text);
    this.tell("");
    this.audio.src = JSON.parse(answer.text).sound;
    await this.audio.play().catch(() => this.tell("This sentence could not be played. Try again."));
  }

  // Have a text said. Answers as `sendForm`; `follow(percent, words)` hears how far it is.
  async speak(text, more, follow) {
    const run = (this.run += 1);
    const body = new FormData();
    const consent = this.needsConsent ? Object.fromEntries([...this.part("consent").querySelectorAll("input")].filter((field) => field.type !== "checkbox" || field.checked).map((field) => [field.name, field.value])) : {};
    const fields = { ref: newReference(), text, speaker: this.fields.speaker.value, speed: this.fields.speed.value, ...consent, ...more };
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const begun = await sendForm(this.root.dataset.speech, body, { stay: true });
    if (!begun.ok) return begun;
    const { state, cancel } = JSON.parse(begun.text);
    if (!more.sample) document.dispatchEvent(new CustomEvent("started"));
    while (run === this.run) {
      const answer = await fetch(state, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (answer?.status === 202) {
        const said = await answer.json();
        follow(said.progress, said.words);
      } else if (answer?.status === 200 && !answer.redirected && !answer.headers.has("HX-Redirect")) {
        return { ok: true, text: await answer.text() };
      } else if (answer?.status === 422) {
        return { ok: false, text: await answer.text() };
      } else if (answer && answer.status < 500) return { ok: false, text: "This text is not there any more. Try again." };
      await pause(EVERY);
    }
    sendForm(cancel, new FormData(), { stay: true });
    return { ok: false, cancelled: true, text: "" };
  }

  stop() { this.run += 1; }
}

// The way "Type it" of the page that makes a video.
export class SpeechPanel extends SpeechEditor {
  // `arrive(html)` takes the tile of the voice; `start()` is called when the panel opens.
  constructor(root, opener, { arrive, start }) {
    super(root);
    Object.assign(this, { opener, arrive });
    this.progress = this.part("progress");
    opener.addEventListener("click", () => {
      start();
      this.toggle(this.root.hidden);
    });
    this.part("close").addEventListener("click", () => {
      this.toggle(false);
      opener.focus();
    });
    this.part("make").addEventListener("click", () => this.make());
    this.part("cancel").addEventListener("click", () => this.stop());
    this.fields.text.addEventListener("input", () => { this.isDone = false; }, true);
    if (this.text) this.root.hidden = false; // a draft
    opener.setAttribute("aria-expanded", String(!this.root.hidden));
  }

  toggle(open) {
    this.root.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    if (open) this.fields.text.focus();
  }

  get isDone() { return "done" in this.fields.text.dataset; }
  set isDone(yes) { this.fields.text.toggleAttribute("data-done", yes); }

  // Text that is no voice yet.
  get isUnsaid() { return !this.root.hidden && Boolean(this.text) && !this.isDone; }
  get isBusy() { return !this.progress.hidden; }

  async make() {
    if (this.isBusy) return false;
    if (!this.text) {
      this.tell("Type what is to be said.");
      this.fields.text.focus();
      return false;
    }
    this.tell("");
    this.busy(true);
    const answer = await this.speak(this.text, {}, (percent, words) => this.follow(percent, words));
    this.busy(false);
    if (!answer.ok) {
      this.tell(answer.text);
      return false;
    }
    this.isDone = true;
    this.toggle(false);
    this.arrive(answer.text);
    return true;
  }

  follow(percent, words) {
    const bar = this.progress.querySelector("progress");
    if (percent) bar.value = percent;
    this.part("words").textContent = words || "Making the voice…";
  }

  busy(yes) {
    this.progress.hidden = !yes;
    this.progress.querySelector("progress").removeAttribute("value");
    this.part("words").textContent = yes ? "Making the voice…" : "";
    this.part("make").hidden = this.part("close").hidden = yes;
    this.part("cancel").hidden = !yes;
    if (yes) say("The voice is being made.");
  }
}
