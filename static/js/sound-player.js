// The small player of a sound, wherever one is listed: templates/_sound_player.html. One sound plays at a time.

import { say } from "./send-form.js";

const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
const FAILED = "This audio could not be played. Reload the page and try again.";

export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;

// ---- one at a time, whoever plays it: these players, the editor, a video

let playing = null;

export function playAlone(media) {
  if (playing !== media) playing?.pause();
  playing = media;
}

document.addEventListener("play", (event) => { if (!event.target.muted) playAlone(event.target); }, true);

export const pauseAll = () => playing?.pause();

// ---- a player

const players = new WeakMap();

export class SoundPlayer {
  static of(root) {
    if (!players.has(root)) players.set(root, new SoundPlayer(root));
    return players.get(root);
  }

  constructor(root) {
    const part = (name) => root.querySelector(`[data-${name}]`);
    Object.assign(this, { root, button: part("play"), slider: part("position"), now: part("now"), whole: part("length"), audio: new Audio() });
    this.audio.preload = "none";
    this.seconds = Number(root.dataset.seconds);
    this.audio.addEventListener("play", () => {
      playAlone(this.audio);
      this.follow();
    });
    for (const event of ["pause", "timeupdate", "seeked"]) this.audio.addEventListener(event, () => this.show());
    this.audio.addEventListener("ended", () => this.seek(0));
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.slider.addEventListener("keydown", (event) => this.press(event));
  }

  // Another sound in the same place, as a recording that was just made.
  load(address, seconds) {
    Object.assign(this, { seconds });
    this.slider.max = seconds;
    this.whole.textContent = clock(Math.round(seconds));
    this.audio.src = address;
    this.audio.preload = "auto";
    // A recording has no length written into it; looking for its end is how browsers find out.
    this.audio.addEventListener("loadedmetadata", () => {
      if (this.audio.duration !== Infinity) return;
      this.audio.addEventListener("timeupdate", () => this.seek(0), { once: true });
      this.audio.currentTime = 1e7;
    }, { once: true });
    this.show();
  }

  unload() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  get isPlaying() { return !this.audio.paused; }

  pause() { this.audio.pause(); }

  toggle() { return this.isPlaying ? this.audio.pause() : this.play(); }

  async play() {
    if (!this.audio.hasAttribute("src")) this.audio.src = this.root.dataset.src;
    this.begin();
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name === "AbortError") return; // it was paused before it began
      this.unload(); // the next press tries again
      say(FAILED, "toast");
    }
  }

  // From now on there is a position to see and to move.
  begin() {
    if (this.root.classList.contains("is-begun")) return;
    this.root.classList.add("is-begun");
    this.slider.tabIndex = 0;
    const wave = this.root.querySelector(".wave");
    if (wave) wave.after(wave.cloneNode(true)); // the part that was played, cut to its length by the stylesheet
  }

  seek(seconds) {
    if (!this.audio.hasAttribute("src")) this.audio.src = this.root.dataset.src;
    this.begin();
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.seconds);
    this.show();
  }

  press(event) {
    if (event.key in STEPS) this.seek(this.audio.currentTime + STEPS[event.key]);
    else if (event.key === " " || event.key === "Enter") this.toggle();
    else return; // Home and End are the slider's own
    event.preventDefault();
  }

  // As smooth as the screen; a page in the background draws no frames and follows by `timeupdate`.
  follow() {
    this.show();
    if (this.isPlaying) requestAnimationFrame(() => this.follow());
  }

  show() {
    const at = Math.min(this.audio.currentTime, this.seconds);
    const words = this.isPlaying ? "pause" : "play";
    this.root.classList.toggle("is-playing", this.isPlaying);
    if (this.button.dataset.does !== words) {
      this.button.dataset.does = words;
      this.button.setAttribute("aria-label", this.button.dataset[`${words}Label`]);
    }
    this.root.style.setProperty("--played", this.seconds ? at / this.seconds : 0);
    this.slider.value = at;
    if (this.now.textContent !== clock(at)) {
      this.now.textContent = clock(at);
      this.slider.setAttribute("aria-valuetext", `${clock(at)} of ${this.whole.textContent}`);
    }
  }
}

// Players come with results of a search and with uploads: each is made when it is first used.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".sound-player [data-play]");
  if (button) SoundPlayer.of(button.closest(".sound-player")).toggle();
});
document.addEventListener("pointerdown", (event) => {
  const slider = event.target.closest(".sound-player [data-position]");
  if (slider) SoundPlayer.of(slider.closest(".sound-player"));
});
