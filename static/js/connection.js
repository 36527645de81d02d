// A slim bar while the server cannot be reached; it goes away by itself. Scripts tell it by the event "connection-lost",
// and hear by "connection-back" that they can go on.

const place = document.getElementById("connection");
const bar = place.firstElementChild;
const HEALTH = place.dataset.health;
let timer = 0;

async function check() {
  try {
    const answer = await fetch(HEALTH, { cache: "no-store", signal: AbortSignal.timeout(5000) });
    // 503: the server is there, and says itself what does not work on it.
    if (answer.ok || answer.headers.get("Content-Type") === "application/json") return back();
  } catch { /* still away */ }
  timer = setTimeout(check, 2000);
}

function lost() {
  if (timer) return;
  bar.hidden = false;
  timer = setTimeout(check, 1000);
}

function back() {
  clearTimeout(timer);
  timer = 0;
  bar.hidden = true;
  document.dispatchEvent(new CustomEvent("connection-back"));
}

document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:timeout", lost);
document.addEventListener("htmx:responseError", (event) => {
  if ([502, 503, 504].includes(event.detail.xhr.status)) lost();
});
document.addEventListener("htmx:beforeOnLoad", (event) => { if (timer && event.detail.xhr.status < 500) back(); });
document.addEventListener("connection-lost", lost);
addEventListener("offline", lost);
addEventListener("online", () => { if (timer) { clearTimeout(timer); check(); } });
