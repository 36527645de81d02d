// One file to the server, with its true progress. Answers {ok, text, again}; sends to the sign-in when the session is over.

// True once we lead away ourselves: nobody should be asked whether to leave then.
export const page = { leaving: false };

function lead(go) {
  page.leaving = true;
  go();
}

export function send(url, field, file, onProgress) {
  const body = new FormData();
  body.append(field, file, file.name);
  return sendForm(url, body, onProgress);
}

// With `stay`, a session that is over is an answer like any other: there is something on this page that would be lost.
export function sendForm(url, body, onProgress = () => {}, { stay = false } = {}) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("HX-Current-URL", location.href);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(Math.round((100 * event.loaded) / event.total));
    });
    const leave = (go) => {
      if (!stay) return lead(go);
      const text = "You are signed out. Sign in again in another tab, then come back and try again.";
      resolve({ ok: false, again: true, signedOut: true, text });
    };
    request.addEventListener("load", () => {
      const redirect = request.getResponseHeader("HX-Redirect");
      const foreign = new URL(request.responseURL).pathname !== new URL(url, location.href).pathname;
      if (redirect || foreign) return leave(() => location.assign(redirect || request.responseURL));
      if (request.status === 403) return leave(() => location.reload());
      if (request.status === 200) return resolve({ ok: true, text: request.responseText });
      if (request.status === 422) return resolve({ ok: false, text: request.responseText });
      if (request.status === 507) return resolve({ ok: false, again: true, text: request.responseText });
      if (request.status === 413) return resolve({ ok: false, text: "This file is too large." });
      resolve({ ok: false, again: true, text: "Something went wrong on our side. Try again in a moment." });
    });
    const lost = () => {
      document.dispatchEvent(new CustomEvent("connection-lost"));
      resolve({ ok: false, again: true, text: "The connection broke. Try again." });
    };
    request.addEventListener("error", lost);
    request.addEventListener("timeout", lost);
    request.send(body);
  });
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
