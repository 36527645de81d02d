// Files on their way to the server. A lost connection is no failure: the upload waits, and goes on by itself. Large files
// go in pieces, so that only a piece is sent again; every file has a reference, so that none is taken twice
// (dashboard/uploads/resumable.py).

import { askConsent, NOT_STATED } from "./consent.js";
import { newReference, page, say, sendForm, tooLarge } from "./send-form.js";

const PIECE = 8 * 2 ** 20; // bytes
const ATTEMPTS = 6; // in a row in which nothing arrived, although the server can be reached
const PAUSE = 500; // milliseconds before the first of them, then twice as long each time
const LOST = "Connection lost. The upload will continue when you are back online.";
const BUSY = "The server is busy. The upload continues in a moment.";
const GIVEN_UP = { ok: false, again: true, text: "The connection keeps failing. Try again." };
const CANCELLED = { ok: false, cancelled: true, text: "The upload was cancelled." };

const references = new WeakMap(); // of files: "Try again" goes on with what is there
const underway = new Set();

addEventListener("beforeunload", (event) => { if (!page.leaving && underway.size) event.preventDefault(); });

// ---------------------------------------------------------------- one file

// Answers as `sendForm` does. `follow(words, percent)` hears how far it is, without a percentage where nobody knows.
export async function uploadFile(file, { url, field, fields = {}, follow, signal, stay = false }) {
  underway.add(file);
  try {
    return await sendInPieces(file, { url, field, fields, follow, signal, stay });
  } finally {
    underway.delete(file);
  }
}

async function sendInPieces(file, options) {
  const { follow, signal } = options;
  let sent = 0;
  let most = 0;
  let attempts = 0;
  while (attempts < ATTEMPTS) {
    if (attempts) await pause(PAUSE * 2 ** attempts, signal);
    if (signal?.aborted) return CANCELLED;
    const answer = await sendPiece(file, sent, options);
    if (signal?.aborted) return CANCELLED;
    if (answer.lost) {
      attempts += 1;
      follow(LOST, percentOf(sent, file));
      say(LOST);
      await hear("connection-back", signal);
    } else if (answer.busy) {
      attempts += 1;
      follow(BUSY, percentOf(sent, file));
    } else if (answer.status === 202 || answer.status === 409) {
      sent = JSON.parse(answer.text).received;
      attempts = sent > most ? 0 : attempts + 1;
      most = Math.max(most, sent);
    } else return answer;
  }
  return GIVEN_UP;
}

function sendPiece(file, start, { url, field, fields, follow, signal, stay }) {
  const piece = file.slice(start, start + PIECE);
  const end = start + piece.size;
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append(field, piece, file.name);
  const headers = { "Idempotency-Key": referenceOf(file) };
  if (file.size > PIECE) headers["Content-Range"] = `bytes ${start}-${end - 1}/${file.size}`;
  const onProgress = (share) => {
    if (share === 1 && end === file.size) return follow("Processing…");
    const percent = percentOf(start + share * piece.size, file);
    follow(`Uploading… ${percent} %`, percent);
  };
  return sendForm(url, body, { headers, onProgress, signal, stay });
}

const percentOf = (bytes, file) => Math.floor((100 * bytes) / Math.max(file.size, 1));

function referenceOf(file) {
  if (!references.has(file)) references.set(file, newReference());
  return references.get(file);
}

const pause = (milliseconds, signal) => new Promise((resolve) => {
  setTimeout(resolve, milliseconds);
  signal?.addEventListener("abort", resolve, { once: true });
});

const hear = (name, signal) => new Promise((resolve) => {
  document.addEventListener(name, resolve, { once: true });
  signal?.addEventListener("abort", resolve, { once: true });
});

// ---------------------------------------------------------------- what is seen of it

// Show in a part of the page, with a <progress> and [data-words], what `uploadFile` tells.
export function showProgress(part, words, percent) {
  const bar = part.querySelector("progress");
  if (percent === undefined) bar.removeAttribute("value");
  else bar.value = percent;
  part.querySelector("[data-words]").textContent = words;
}

// Several files, each in a row of its own that is made from `template`: it has [data-name], [data-words], a <progress>,
// [data-again] and [data-remove], and may have [data-another], shown where trying again cannot help. `place(row)` puts it on
// the page, `check(file)` resolves to what is wrong with it, `arrive(row, text, file)` does what the answer wants.
export class UploadQueue {
  constructor({ template, place, check, arrive, url, field, maxBytes, atOnce = 2, changed = () => {}, idle = () => {} }) {
    Object.assign(this, { template, place, check, arrive, url, field, maxBytes, atOnce, changed, idle, waiting: [], running: 0 });
  }

  get isBusy() { return this.running > 0 || this.waiting.length > 0; }

  add(file) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const upload = { file, row, controller: null, fields: null };
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("progress").setAttribute("aria-label", `Upload of ${file.name}`);
    row.querySelector("[data-again]").addEventListener("click", () => this.enqueue(upload));
    row.querySelector("[data-remove]").addEventListener("click", () => this.remove(upload));
    this.place(row, file);
    this.enqueue(upload);
  }

  async enqueue(upload) {
    upload.controller = new AbortController();
    this.showRefused(upload.row, false);
    showProgress(upload.row, "Waiting…", 0);
    const problem = this.check ? await this.check(upload.file) : tooLarge(upload.file, this.maxBytes);
    if (upload.controller.signal.aborted) return;
    if (problem) return this.refuse(upload, { text: problem });
    upload.fields ??= await askConsent();
    if (upload.controller.signal.aborted) return;
    if (!upload.fields) return this.refuse(upload, { text: NOT_STATED, again: true });
    underway.add(upload);
    this.waiting.push(upload);
    this.startNext();
  }

  async startNext() {
    if (this.running >= this.atOnce || !this.waiting.length) return;
    const upload = this.waiting.shift();
    const { file, row, fields } = upload;
    const { url, field } = this;
    const follow = (words, percent) => showProgress(row, words, percent);
    this.running += 1;
    follow("Uploading…", 0);
    const answer = await uploadFile(file, { url, field, fields, follow, signal: upload.controller.signal });
    this.running -= 1;
    underway.delete(upload);
    if (answer.ok && row.isConnected) this.arrive(row, answer.text, file);
    else if (!answer.ok && !answer.cancelled) this.refuse(upload, answer);
    this.changed();
    if (!this.isBusy) this.idle();
    this.startNext();
  }

  refuse({ file, row }, { text, again = false }) {
    this.showRefused(row, true, again);
    row.querySelector("[data-words]").textContent = text;
    say(`${file.name}: ${text}`);
  }

  showRefused(row, refused, again = false) {
    row.classList.toggle("is-refused", refused);
    row.querySelector("progress").hidden = refused;
    row.querySelector("[data-again]").hidden = !again;
    row.querySelector("[data-another]")?.toggleAttribute("hidden", !refused || again);
    row.querySelector("[data-remove]").textContent = refused ? "Remove" : "Cancel";
  }

  remove(upload) {
    upload.controller.abort();
    this.waiting = this.waiting.filter((other) => other !== upload);
    underway.delete(upload);
    upload.row.remove();
    this.changed();
  }
}
