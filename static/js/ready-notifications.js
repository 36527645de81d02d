// Says on whatever page one is on that something one started is ready, or could not be made: a toast and the tab's title.
// Asks only while something is being made; what was said already is remembered across pages.

const EVERY = 4000;
const { news: address, since: now, busy } = document.body.dataset;
const kept = JSON.parse(sessionStorage.getItem("news") ?? "{}");
const shown = kept.shown ?? [];
let since = kept.busy ? kept.since : now;
let timer = 0;
let waiting = 0; // how many the tab's title tells of

const keep = (busy) => sessionStorage.setItem("news", JSON.stringify({ since, busy, shown: shown.slice(-20) }));

function look(after = EVERY) {
  clearTimeout(timer);
  timer = setTimeout(ask, after);
}

async function ask() {
  let again = true;
  try {
    const answer = await fetch(`${address}?${new URLSearchParams({ since, shown: shown.slice(-20) })}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 200 && !answer.redirected && !answer.headers.has("HX-Redirect")) {
      const said = await answer.json();
      since = said.since;
      again = said.busy;
      said.items.forEach(tell);
      keep(again);
    } else if (answer.status !== 204 && answer.status < 500) again = false; // the session is over
  } catch { /* away for a moment; connection.js says so where it matters */ }
  if (again) look();
  else timer = 0;
}

function tell(item) {
  shown.push(item.key);
  waiting += 1;
  title();
  if (!isSeen(item)) document.dispatchEvent(new CustomEvent("toast", { detail: { text: item.text, bad: item.bad, url: item.url } }));
}

// Its own card or page has changed before everybody's eyes and was announced there.
function isSeen(item) {
  if (document.hidden) return false;
  if (location.pathname === item.url) return true;
  const card = document.getElementById(item.card)?.getBoundingClientRect();
  return Boolean(card) && card.top >= 0 && card.bottom <= innerHeight;
}

function title() {
  document.title = (waiting ? `(${waiting}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  if (waiting && !document.hidden) setTimeout(seen, 6000);
}

function seen() {
  if (document.hidden || !waiting) return;
  waiting = 0;
  title();
}

document.addEventListener("visibilitychange", () => { if (!document.hidden && waiting) setTimeout(seen, 2000); });
// Whatever was just begun on this page (an upload, "Try again") is worth waiting for.
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.requestConfig.verb === "post" && !timer) begin(); });
document.addEventListener("started", () => { if (!timer) begin(); });

function begin() {
  keep(true);
  look();
}

if (busy !== undefined) begin();
else if (kept.busy) look(500); // it was done between two pages
