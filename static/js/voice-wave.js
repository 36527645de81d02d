// The picture of a sound: scrolls and zooms, and knows where in it a moment is. Only what is seen is drawn.

const BAR = 3; // pixels
const CLOSEST = 0.002; // seconds a pixel

export class Wave {
  // `view` scrolls, `track` in it is as wide as the whole sound, the canvas stays in sight.
  constructor(view, track, canvas) {
    Object.assign(this, { view, track, canvas, seconds: 1, step: 1, peaks: new Uint8Array(1), zoom: 1 });
    view.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(view);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    document.addEventListener("change", (event) => { if (event.target.name === "theme") this.draw(); });
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, this.timeAt(event.clientX));
    }, { passive: false });
  }

  show({ step, peaks }, seconds) {
    Object.assign(this, { step, seconds, zoom: 1 });
    this.peaks = Uint8Array.from(atob(peaks), (letter) => letter.charCodeAt(0));
    this.zoomBy(1, 0);
  }

  get closest() { return Math.max(1, this.seconds / CLOSEST / Math.max(this.view.clientWidth, 1)); }

  // The moment `around` stays where it is on the screen.
  zoomBy(factor, around) {
    const left = this.share(around) * this.track.clientWidth - this.view.scrollLeft;
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), this.closest);
    this.track.style.width = `${100 * this.zoom}%`;
    this.view.scrollLeft = this.share(around) * this.track.clientWidth - left;
    this.draw();
    this.zoomed?.(this.zoom === 1, this.zoom === this.closest);
  }

  share(time) { return Math.min(Math.max(time / this.seconds, 0), 1); }

  timeAt(clientX) {
    const box = this.track.getBoundingClientRect();
    return Math.min(Math.max((clientX - box.left) / box.width, 0), 1) * this.seconds;
  }

  // Scroll so far that the moment is seen.
  reveal(time) {
    const at = this.share(time) * this.track.clientWidth;
    const { scrollLeft, clientWidth } = this.view;
    if (at < scrollLeft + 8) this.view.scrollLeft = at - clientWidth * 0.1;
    else if (at > scrollLeft + clientWidth - 8) this.view.scrollLeft = at - clientWidth * 0.9;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.view;
    if (!width) return;
    const scale = devicePixelRatio || 1;
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (this.canvas.width !== size.width || this.canvas.height !== size.height) Object.assign(this.canvas, size);
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    const paint = this.canvas.getContext("2d");
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    paint.clearRect(0, 0, width, height);
    paint.fillStyle = getComputedStyle(this.canvas).color;
    const perBar = (this.seconds / this.track.clientWidth) * BAR;
    const left = this.view.scrollLeft;
    const first = Math.floor(left / BAR);
    for (let bar = first; bar <= first + width / BAR + 1; bar += 1) {
      const from = Math.floor((bar * perBar) / this.step);
      const to = Math.max(Math.floor(((bar + 1) * perBar) / this.step), from + 1);
      let top = 0;
      for (let at = from; at < to && at < this.peaks.length; at += 1) top = Math.max(top, this.peaks[at]);
      const tall = Math.max(1.5, (top / 255) * (height - 12));
      if (bar * perBar < this.seconds) paint.fillRect(bar * BAR - left, (height - tall) / 2, BAR - 1, tall);
    }
  }
}
