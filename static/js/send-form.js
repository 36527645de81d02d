// Forms to the server from a page that stays, with their true progress.

const STALLED = 30_000; // milliseconds without a byte: nobody listens any more, whatever the browser still hopes

// True once we lead away ourselves: nobody should be asked whether to leave then.
export const page = { leaving: false };

function lead(go) {
  page.leaving = true;
  go();
}

// Answers {ok, status, text}, and `again` where trying again may help, `lost` where the server was not reached, `busy`
// where it will take the same in a moment. When the
// session is over this leads to the sign-in; with `stay` it is an answer like any other, because something on the page
// would be lost. `onProgress` hears the share that is sent, 0 to 1.
export function sendForm(url, body, { headers = {}, onProgress = () => {}, signal, stay = false } = {}) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let stalled = 0;
    const lose = () => request.abort();
    const finish = (answer) => {
      clearTimeout(stalled);
      removeEventListener("offline", lose);
      signal?.removeEventListener("abort", lose);
      resolve(answer);
    };
    const watch = () => {
      clearTimeout(stalled);
      stalled = setTimeout(lose, STALLED);
    };
    request.open("POST", url);
    const all = { ...JSON.parse(document.body.getAttribute("hx-headers")), ...headers, "HX-Request": "true", "HX-Current-URL": location.href };
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      watch();
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.upload.addEventListener("load", () => clearTimeout(stalled)); // now it is the server's turn
    request.addEventListener("load", () => finish(read(request, url, stay)));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => finish(signal?.aborted ? { ok: false } : miss()));
    addEventListener("offline", lose);
    signal?.addEventListener("abort", lose);
    watch();
    request.send(body);
  });
}

function read(request, url, stay) {
  const { status, responseText: text } = request;
  const redirect = request.getResponseHeader("HX-Redirect");
  const isElsewhere = new URL(request.responseURL).pathname !== new URL(url, location.href).pathname;
  if (redirect || isElsewhere || status === 403) {
    if (stay) return { ok: false, again: true, signedOut: true, text: "You are signed out. Sign in again in another tab, then come back and try again." };
    lead(() => (status === 403 ? location.reload() : location.assign(redirect || request.responseURL)));
    return { ok: false, text: "" };
  }
  if (status === 200) return { ok: true, status, text };
  const isText = request.getResponseHeader("Content-Type")?.startsWith("text/plain");
  if (status === 503 && isText) return { ok: false, status, busy: true, again: true, text }; // it is there, and says so
  if ((status === 400 && isText) || [202, 409, 422].includes(status)) return { ok: false, status, text };
  if ([502, 503, 504].includes(status)) return miss(); // the server is being started again
  if (status === 507) return { ok: false, status, again: true, text };
  if (status === 413) return { ok: false, status, text: "This file is too large." };
  return { ok: false, status, again: true, text: "Something went wrong on our side. Try again in a moment." };
}

function miss() {
  document.dispatchEvent(new CustomEvent("connection-lost"));
  return { ok: false, lost: true, again: true, text: "The connection failed. Try again." };
}

// A UUID. Not crypto.randomUUID: browsers keep it from pages that came without https.
export function newReference() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// After signing in again in another tab this page's own token is an old one.
export async function refreshToken() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const headers = fresh.body.getAttribute("hx-headers");
  if (headers) document.body.setAttribute("hx-headers", headers);
}

export function tooLarge(file, most) {
  return file.size > most ? `This file is larger than ${Math.round(most / 2 ** 20)} MB.` : "";
}

export const SHEETS = /\.(xlsx|xlsm|xls|csv|tsv|txt|ods|numbers)$/i;

// The whole page takes what is dropped on it.
export function dropPage(take) {
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (yes) => document.body.classList.toggle("is-dragging", yes);
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    show(true);
  });
  addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(depth - 1, 0);
    if (!depth) show(false);
  });
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    take([...event.dataTransfer.files]);
  });
}

export const say = (text, how = "announce") => document.dispatchEvent(new CustomEvent(how, { detail: { text } }));
