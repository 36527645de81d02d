// Recording a voice: level, pause, take again. A take is never lost: it stays until it is used or discarded.

import { page, refreshToken, say } from "./send-form.js";
import { clock, SoundPlayer } from "./sound-player.js";
import { LevelMeter } from "./voice-level.js";

// What the browsers record, best first: Chrome and Edge, Firefox, Safari.
const KINDS = [
  ["audio/webm;codecs=opus", "webm"],
  ["audio/ogg;codecs=opus", "ogg"],
  ["audio/mp4;codecs=mp4a.40.2", "m4a"],
  ["audio/mp4", "m4a"],
];
const BITS = 128_000;
const SPARE = 0.4; // seconds below the limit: the last piece of a recording is never exactly where it is cut
const PROBLEMS = {
  NotAllowedError: "The browser has blocked the microphone. Allow it next to the address bar (lock or microphone icon), then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  NotReadableError: "The microphone is not responding. Another program may be using it. Close it, then try again.",
};
const UNABLE = "This browser cannot record. Use a current Chrome, Edge, Firefox or Safari, or upload audio.";
const LOST = "The microphone was disconnected. What was recorded until then is kept.";

function insecure() {
  const here = `http://localhost${location.port ? `:${location.port}` : ""}`;
  return "Browsers allow recording only on https addresses. Ask the owner of this site for its https address, "
    + `or open ${here} on the computer that runs this site.`;
}

export class VoiceRecorder {
  // `use(file)` sends a take and answers {ok, text}; `start` is called whenever the microphone comes on.
  constructor(root, opener, { use, start }) {
    Object.assign(this, { root, opener, use, start, seconds: 0, url: "", last: null });
    this.most = Number(root.dataset.maxSeconds) || Infinity;
    this.player = SoundPlayer.of(root.querySelector(".sound-player"));
    this.devices = root.querySelector("select");
    this.meter = new LevelMeter(root);
    this.to("closed");
    opener.addEventListener("click", () => (this.is("closed", "problem") ? this.open() : this.focus()));
    root.addEventListener("click", (event) => {
      const what = event.target.closest("[data-do]")?.dataset.do;
      if (what) this[what]();
    });
    this.devices.addEventListener("change", () => this.open(this.devices.value));
    addEventListener("beforeunload", (event) => { if (!page.leaving && this.isUnsent) event.preventDefault(); });
    addEventListener("pagehide", () => this.release());
  }

  is(...states) { return states.includes(this.state); }
  get isUnsent() { return this.is("recording", "paused", "take", "sending"); }

  // Each part says in which states it is there.
  to(state, sentence = "") {
    this.state = this.root.dataset.state = state;
    this.root.hidden = state === "closed";
    this.root.querySelectorAll("[data-when]").forEach((part) => { part.hidden = !part.dataset.when.split(" ").includes(state); });
    this.opener.setAttribute("aria-expanded", String(state !== "closed"));
    const problem = this.root.querySelector("[data-problem]");
    problem.textContent = sentence;
    problem.hidden = !sentence;
    const words = { asking: "Waiting for the microphone…", ready: "Ready", recording: "Recording", paused: "Paused", sending: "Uploading…" };
    this.root.querySelector("[data-state-words]").textContent = words[state] ?? "";
    this.time();
    if (state !== "closed") this.root.scrollIntoView({ block: "nearest" });
  }

  focus() { this.root.querySelector("[data-first]:not([hidden])")?.focus(); }

  async open(device = "") {
    if (!isSecureContext) return this.fail(insecure(), false);
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return this.fail(UNABLE, false);
    this.release();
    this.to("asking");
    this.start();
    // A phone call's echo canceller takes the life out of a voice; the rest helps whoever has no studio.
    const wanted = { echoCancellation: false, noiseSuppression: true, autoGainControl: true, channelCount: { ideal: 1 } };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: device ? { ...wanted, deviceId: { exact: device } } : wanted });
      if (!this.is("asking")) return stream.getTracks().forEach((track) => track.stop()); // closed meanwhile
      this.stream = stream;
    } catch (error) {
      const name = { SecurityError: "NotAllowedError", OverconstrainedError: "NotFoundError" }[error.name] ?? error.name;
      return this.fail(PROBLEMS[name] ?? PROBLEMS.NotReadableError, true);
    }
    this.stream.getAudioTracks()[0].addEventListener("ended", () => this.unplugged());
    this.meter.listen(this.stream);
    this.seconds = 0;
    this.to("ready");
    this.focus();
    await this.offer();
  }

  // The names of microphones are told only to who may use one.
  async offer() {
    const found = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "audioinput" && one.deviceId);
    const used = this.stream?.getAudioTracks()[0]?.getSettings().deviceId;
    this.devices.replaceChildren(...found.map((one) => new Option(one.label || "Microphone", one.deviceId, false, one.deviceId === used)));
    this.devices.closest("label").classList.toggle("is-single", found.length < 2);
  }

  fail(sentence, again) {
    this.release();
    this.to("problem", sentence);
    this.root.querySelector("[data-do=open]").hidden = !again;
    this.focus();
  }

  record() {
    const [type, suffix] = KINDS.find(([kind]) => MediaRecorder.isTypeSupported(kind)) ?? ["", "webm"];
    const recorder = new MediaRecorder(this.stream, { audioBitsPerSecond: BITS, ...(type && { mimeType: type }) });
    const parts = [];
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    recorder.addEventListener("stop", () => this.taken(new Blob(parts, { type: recorder.mimeType || type }), suffix));
    recorder.start(1000);
    this.recorder = recorder;
    this.seconds = 0;
    this.since = performance.now();
    this.beat = setInterval(() => this.tick(), 100);
    this.to("recording");
    this.focus();
    say("Recording.");
  }

  tick() {
    const now = performance.now();
    if (this.is("recording")) this.seconds += (now - this.since) / 1000;
    this.since = now;
    this.time();
    if (this.seconds >= this.most - SPARE) {
      this.stop();
      say("The maximum length is reached.");
    }
  }

  time() { this.root.querySelector("[data-time]").textContent = clock(this.seconds); }

  pause() {
    this.tick();
    this.recorder.pause();
    this.to("paused");
    this.focus();
  }

  resume() {
    this.recorder.resume();
    this.since = performance.now();
    this.to("recording");
    this.focus();
  }

  stop() {
    if (!this.recorder || this.recorder.state === "inactive") return;
    this.recorder.stop(); // `taken` follows
  }

  unplugged() {
    if (this.is("recording", "paused")) {
      this.note = LOST;
      this.stop();
    } else if (this.is("ready")) this.fail(PROBLEMS.NotFoundError, true);
  }

  taken(blob, suffix) {
    this.release();
    if (this.is("closed")) return; // discarded
    const when = new Date().toLocaleString("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
    this.last = new File([blob], `Recording ${when.replace(" at ", " ").replace(",", "")}.${suffix}`, { type: blob.type });
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(blob);
    this.player.load(this.url, this.seconds);
    this.to("take", this.note ?? "");
    this.note = "";
    this.focus();
    say(`Recorded ${Math.round(this.seconds)} seconds. Listen to it, use it, or record it again.`);
  }

  async send() {
    this.player.pause();
    this.to("sending");
    if (this.signedOut) await refreshToken();
    const answer = await this.use(this.last);
    this.signedOut = answer.signedOut;
    if (answer.ok) return this.close();
    this.to("take", `${answer.text} Your recording is still here.`);
    this.focus();
  }

  again() {
    this.forget();
    this.open(this.devices.value);
  }

  discard() {
    this.close();
    this.opener.focus();
    say("The recording was discarded.");
  }

  close() {
    this.to("closed");
    this.stop();
    this.release();
    this.forget();
  }

  forget() {
    URL.revokeObjectURL(this.url);
    this.player.unload();
    this.last = null;
    this.url = "";
  }

  release() {
    clearInterval(this.beat);
    this.meter.stop();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }
}
