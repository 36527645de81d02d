// Trims a voice and normalizes its volume. What is seen is always the recording itself; a result is a voice of its own beside it.

import { say, sendForm } from "./send-form.js";
import { playAlone } from "./sound-player.js";
import { Wave } from "./voice-wave.js";

const SHORTEST = 0.2; // seconds
const STEPS = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageDown: -1, PageUp: 1 };
const NO_MOMENT = "Enter minutes and seconds, for example 0:03.5.";

// 0:03.4: to the tenth, or to the hundredth where it is typed
export function moment(seconds, digits = 1) {
  const parts = 10 ** digits;
  const all = Math.round(seconds * parts);
  const rest = all % (60 * parts);
  const fraction = String(rest % parts).padStart(digits, "0").replace(/0+$/, "");
  return `${Math.floor(all / (60 * parts))}:${String(Math.floor(rest / parts)).padStart(2, "0")}${fraction && `.${fraction}`}`;
}

export function seconds(text) {
  const said = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:[.,]\d{1,6})?)$/.exec(text.trim());
  return said ? Number(said[1] ?? 0) * 3600 + Number(said[2] ?? 0) * 60 + Number(said[3].replace(",", ".")) : null;
}

const same = (one, other) => one.even === other.even && Math.abs(one.start - other.start) < 0.0006 && Math.abs(one.end - other.end) < 0.0006;

export class VoiceEditor {
  // `made(html)` puts a new voice into the page; `changed()` is called whenever the choice is another one.
  constructor(root, { made = () => {}, changed = () => {} } = {}) {
    const part = (name) => root.querySelector(`[data-${name}]`);
    Object.assign(this, { root, made, changed, part, audio: new Audio(), mine: new Set(), begun: new Map() });
    this.wave = new Wave(part("view"), part("track"), root.querySelector("canvas"));
    this.handles = { start: part("start"), end: part("end"), at: part("at") };
    this.fields = { start: root.querySelector("[name=start]"), end: root.querySelector("[name=end]"), even: root.querySelector("[name=even]") };
    this.audio.preload = "auto";
    this.wave.zoomed = (far, near) => {
      part("out").setAttribute("aria-disabled", String(far));
      part("in").setAttribute("aria-disabled", String(near));
    };
    this.listen();
  }

  // ---- what is edited

  // Answers what is known of the voice, or null when another one was opened meanwhile or its file is gone.
  async open(address) {
    this.pause();
    const asked = (this.asked = Symbol(address));
    this.facts = null;
    this.root.classList.remove("is-open");
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    const facts = answer?.status === 200 && !answer.redirected && !answer.headers.has("HX-Redirect") ? await answer.json() : null;
    const shape = facts && (await fetch(facts.shape).then((response) => response.json()).catch(() => null));
    if (asked !== this.asked) return null;
    if (!shape) {
      this.tell(answer?.status === 422 ? await answer.text() : "The waveform could not be loaded. You can still use the voice.", true);
      return facts;
    }
    Object.assign(this, { facts, speech: shape.speech, edit: { ...(this.begun.get(facts.voice) ?? facts.edit) }, result: { edit: facts.edit, sound: facts.result, voice: facts.voice } });
    this.at = this.edit.start;
    this.root.classList.add("is-open");
    this.wave.show(shape, facts.seconds);
    this.tell("");
    this.update();
    return facts;
  }

  get whole() { return { start: 0, end: this.facts.seconds, even: false }; }
  get isChanged() { return Boolean(this.facts) && !same(this.edit, this.result.edit); }
  // Another one than the voice that was opened.
  get isOther() { return !same(this.edit, this.facts.edit); }
  get words() { return `${moment(this.edit.end - this.edit.start)}${this.edit.even ? ", normalized" : ""}`; }

  set(change) {
    this.pause();
    const edit = { ...this.edit, ...change };
    const most = this.facts.seconds;
    if ("start" in change) edit.start = Math.min(Math.max(edit.start, 0), edit.end - SHORTEST);
    if ("end" in change) edit.end = Math.max(Math.min(edit.end, most), edit.start + SHORTEST);
    // A thousandth is what the server cuts to; the recording's own end is seldom a whole one.
    edit.start = Math.round(edit.start * 1000) / 1000;
    edit.end = most - edit.end < 0.001 ? most : Math.round(edit.end * 1000) / 1000;
    this.edit = edit;
    this.begun.set(this.facts.voice, edit); // another voice may be looked at meanwhile
    this.at = Math.min(Math.max(this.at, edit.start), edit.end);
    this.update();
    this.changed();
  }

  update() {
    const { start, end, even } = this.edit;
    const { seconds } = this.facts;
    for (const [name, value, least, most] of [["start", start, 0, end], ["end", end, start, seconds], ["at", this.at, start, end]]) {
      const handle = this.handles[name];
      handle.style.left = `${100 * this.wave.share(value)}%`;
      handle.setAttribute("aria-valuemin", least.toFixed(1));
      handle.setAttribute("aria-valuemax", most.toFixed(1));
      handle.setAttribute("aria-valuenow", value.toFixed(1));
      handle.setAttribute("aria-valuetext", moment(value));
    }
    this.part("before").style.width = `${100 * this.wave.share(start)}%`;
    this.part("after").style.width = `${100 - 100 * this.wave.share(end)}%`;
    for (const name of ["start", "end"]) if (this.fields[name] !== document.activeElement) this.fields[name].value = moment(this.edit[name], 2);
    this.fields.even.checked = even;
    this.part("now").textContent = moment(this.at - start);
    this.part("length").textContent = moment(end - start);
    this.part("reset").hidden = same(this.edit, this.whole);
  }

  tell(words, bad = false) {
    const place = this.part("words");
    place.textContent = words;
    place.classList.toggle("error", bad);
  }

  // ---- the result

  // Have the edit made, unless it is there already. Answers whether the voice that is chosen is what is seen.
  async settle() {
    if (!this.isChanged) return true;
    const edit = { ...this.edit };
    const body = new FormData();
    body.append("start", this.exact("start"));
    body.append("end", this.exact("end"));
    if (edit.even) body.append("even", "on");
    if (this.mine.has(this.result.voice)) body.append("replaces", this.result.voice);
    this.busy(true, edit.even ? "Normalizing the volume…" : "Trimming…");
    const answer = await sendForm(this.facts.save, body);
    this.busy(false, "");
    if (!answer.ok) {
      this.tell(answer.text, true);
      return false;
    }
    const html = Object.assign(document.createElement("template"), { innerHTML: answer.text }).content;
    const voice = Number(html.querySelector("input").value);
    this.mine.add(voice);
    this.begun.delete(this.facts.voice);
    const replaced = body.get("replaces");
    this.result = { edit, voice, sound: html.querySelector(".sound-player").dataset.src };
    await this.made(html.firstElementChild, Number(replaced));
    return same(edit, this.edit);
  }

  // People read hundredths; what is sent is where the handles are. Nothing: the recording's own end.
  exact(name) { return name === "end" && this.edit.end >= this.facts.seconds ? "" : this.edit[name].toFixed(3); }

  busy(yes, words) {
    this.root.classList.toggle("is-busy", yes);
    this.root.setAttribute("aria-busy", String(yes));
    this.part("progress").hidden = !yes;
    this.tell(words);
  }

  // ---- listening

  async play() {
    if (!this.facts) return;
    // A cut sounds as the recording does there; only the loudness has to be made before it can be heard.
    if (this.edit.even && !(await this.settle())) return;
    const made = same(this.edit, this.result.edit);
    const source = made ? this.result.sound : this.facts.sound;
    this.offset = made ? this.edit.start : 0;
    if (this.audio.getAttribute("src") !== source) this.audio.src = source;
    if (this.at > this.edit.end - 0.05) this.at = this.edit.start;
    this.audio.currentTime = Math.max(this.at - this.offset, 0);
    await this.audio.play().catch(() => this.tell("This audio could not be played. Reload the page and try again.", true));
  }

  pause() { this.audio.pause(); }
  toggle() { return this.audio.paused ? this.play() : this.pause(); }

  follow() {
    if (this.audio.paused) return;
    this.at = Math.min(this.offset + this.audio.currentTime, this.edit.end);
    this.update();
    this.wave.reveal(this.at);
    if (this.at >= this.edit.end) this.pause();
  }

  // ---- hands and keys

  listen() {
    const play = this.part("play");
    const show = () => {
      play.classList.toggle("is-playing", !this.audio.paused);
      play.setAttribute("aria-label", this.audio.paused ? "Play this part" : "Pause");
    };
    const frames = () => {
      this.follow();
      if (!this.audio.paused) requestAnimationFrame(frames);
    };
    this.audio.addEventListener("play", () => { playAlone(this.audio); show(); frames(); });
    this.audio.addEventListener("pause", show);
    this.audio.addEventListener("timeupdate", () => this.follow()); // a page in the background draws no frames
    play.addEventListener("click", () => this.toggle());
    this.part("in").addEventListener("click", () => this.wave.zoomBy(2, this.at));
    this.part("out").addEventListener("click", () => this.wave.zoomBy(0.5, this.at));
    this.part("silence").addEventListener("click", () => this.cutSilence());
    this.part("reset").addEventListener("click", () => {
      this.set(this.whole);
      this.at = 0;
      this.update();
      this.tell("This is the original recording.");
      play.focus();
    });
    this.fields.even.addEventListener("change", () => this.set({ even: this.fields.even.checked }));
    for (const name of ["start", "end"]) {
      this.fields[name].addEventListener("change", () => this.typed(name));
      this.drag(this.handles[name], (time) => this.set({ [name]: time }));
    }
    this.drag(this.handles.at, (time) => this.seek(time));
    this.part("track").addEventListener("click", (event) => {
      if (this.facts && !event.target.closest("[role=slider]")) this.seek(this.wave.timeAt(event.clientX));
    });
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  seek(time) {
    const wasPlaying = !this.audio.paused;
    this.pause();
    this.at = Math.min(Math.max(time, this.edit.start), this.edit.end);
    this.update();
    if (wasPlaying) this.play();
  }

  drag(handle, move) {
    handle.addEventListener("pointerdown", (event) => {
      if (!this.facts || event.button) return;
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
      const follow = (moved) => move(this.wave.timeAt(moved.clientX));
      handle.addEventListener("pointermove", follow);
      const end = () => handle.removeEventListener("pointermove", follow);
      handle.addEventListener("pointerup", end, { once: true });
      handle.addEventListener("pointercancel", end, { once: true });
    });
  }

  key(event) {
    const field = event.target.closest("input");
    if (field && event.key === "Enter" && field.form?.id !== "voice-edit") { // it would send the whole page
      event.preventDefault();
      if (field.name !== "even") this.typed(field.name);
    }
    const name = Object.keys(this.handles).find((one) => this.handles[one] === event.target);
    if (!this.facts || !name) return;
    const value = name === "at" ? this.at : this.edit[name];
    const move = (time) => {
      if (name === "at") this.seek(time);
      else this.set({ [name]: time });
      this.wave.reveal(name === "at" ? this.at : this.edit[name]);
    };
    if (event.key in STEPS) move(value + STEPS[event.key] * (event.shiftKey ? 10 : 1));
    else if (event.key === "Home") move(name === "end" ? this.edit.start : name === "at" ? this.edit.start : 0);
    else if (event.key === "End") move(name === "start" ? this.edit.end : name === "at" ? this.edit.end : this.facts.seconds);
    else if (event.key === " " || event.key === "Enter") this.toggle();
    else return;
    event.preventDefault();
  }

  typed(name) {
    const time = seconds(this.fields[name].value);
    if (time === null) return this.tell(NO_MOMENT, true);
    this.tell("");
    // What is written is a hundredth; the same one again is no change.
    if (moment(time, 2) !== moment(this.edit[name], 2)) this.set({ [name]: time });
    this.fields[name].value = moment(this.edit[name], 2);
  }

  cutSilence() {
    if (!this.speech) return this.tell("Only silence was found.", true);
    const [start, end] = this.speech;
    if (start <= this.edit.start + 0.05 && end >= this.edit.end - 0.05) return this.tell("There is no silence at the ends.");
    const before = this.edit.end - this.edit.start;
    this.set({ start: Math.max(start, this.edit.start), end: Math.min(end, this.edit.end) });
    const gone = `${(before - (this.edit.end - this.edit.start)).toFixed(1)} seconds of silence will be cut.`;
    this.tell(gone);
    say(gone);
  }
}
