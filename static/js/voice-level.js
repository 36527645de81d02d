// How loud the microphone is: a meter, the last seconds as a waveform, and a word of advice.

const FLOOR = -60; // dB
const BAR = 3; // pixels
const EVERY = 60; // ms a bar
const ADVICE_AFTER = 40; // bars
const LOUD = "Too loud: move back a little, or turn the microphone down.";
const QUIET = "Very quiet. Come closer, or choose another microphone.";

export class LevelMeter {
  constructor(root) {
    this.meter = root.querySelector("[role=meter]");
    this.canvas = root.querySelector("canvas");
    this.hint = root.querySelector("[data-hint]");
  }

  listen(stream) {
    this.stop();
    this.context = new AudioContext();
    this.context.resume();
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 4096;
    this.context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.levels = [];
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.show(samples.reduce((top, value) => Math.max(top, Math.abs(value)), 0));
    }, EVERY);
  }

  show(top) {
    const level = Math.max(0, Math.min(1, 1 - (20 * Math.log10(top + 1e-6)) / FLOOR));
    this.levels.push(top);
    if (this.levels.length > 2000) this.levels.splice(0, 1000);
    this.meter.style.setProperty("--level", level.toFixed(3));
    this.meter.classList.toggle("is-loud", top > 0.97);
    if (this.levels.length % 8 === 0) { // a screen reader is told by the half second
      this.meter.setAttribute("aria-valuenow", String(Math.round(100 * level)));
      this.advise();
    }
    this.draw();
  }

  advise() {
    const heard = this.levels.slice(-ADVICE_AFTER);
    const top = Math.max(...heard);
    const words = heard.filter((level) => level > 0.97).length > 2 ? LOUD : heard.length === ADVICE_AFTER && top < 0.02 ? QUIET : "";
    if (this.hint.textContent !== words) this.hint.textContent = words;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const scale = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * scale)) Object.assign(this.canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
    const paint = this.canvas.getContext("2d");
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    paint.clearRect(0, 0, width, height);
    paint.fillStyle = getComputedStyle(this.canvas).color;
    const many = Math.floor(width / BAR);
    this.levels.slice(-many).reverse().forEach((level, place) => {
      const tall = Math.max(1.5, Math.sqrt(level) * height);
      paint.fillRect(width - (place + 1) * BAR, (height - tall) / 2, BAR - 1, tall);
    });
  }

  stop() {
    clearInterval(this.timer);
    this.context?.close();
    this.context = null;
    this.hint.textContent = "";
    this.meter.style.setProperty("--level", "0");
  }
}
