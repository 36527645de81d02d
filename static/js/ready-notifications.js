// Says on whatever page one is on that something one started is ready, or could not be made: a toast and the tab's title.
// Asks only while something is being made; what was said already is remembered across pages.

const EVERY = 4000;
const MOST = 60; // more than the server tells at once
const { news: address, since: now, busy } = document.body.dataset;
const kept = JSON.parse(sessionStorage.getItem("news") ?? "{}");
const shown = kept.shown ?? [];
let heard = kept.heard ?? {}; // how many became ready or failed, by kind, since something was begun: one toast for them
let since = kept.busy ? kept.since : now;
let timer = 0;
let waiting = 0; // how many the tab's title tells of

const keep = (busy) => sessionStorage.setItem("news", JSON.stringify({ since, busy, heard, shown: shown.slice(-MOST) }));

function look(after = EVERY) {
  clearTimeout(timer);
  timer = setTimeout(ask, after);
}

async function ask() {
  let again = true;
  try {
    const answer = await fetch(`${address}?${new URLSearchParams({ since, shown: shown.slice(-MOST) })}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 200 && !answer.redirected && !answer.headers.has("HX-Redirect")) {
      const said = await answer.json();
      since = said.since;
      again = said.busy;
      said.items.forEach(tell);
      if (!again) heard = {};
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
  if (document.hidden) showOnDesktop(item);
  if (!item.several) return isSeen(item) || toast({ text: item.text, bad: item.bad, url: item.url });
  const kind = item.card.split("-")[0];
  const count = (heard[kind] ??= { ready: 0, failed: 0 });
  count[item.bad ? "failed" : "ready"] += 1;
  toast({ ...describe(item, count), bad: item.bad, key: `${kind}-${item.bad}`, update: isSeen(item) });
  // How many there are in all has changed for a toast that tells of several.
  if (!item.bad && count.failed > 1) toast({ text: failedOf(count, item), key: `${kind}-true`, update: true });
}

// Where the person has asked for it on the account page, and the browser allows it: only while no page of ours is seen.
function showOnDesktop({ key, text, url }) {
  if (!localStorage.getItem(`desktop-${document.body.dataset.person}`) || globalThis.Notification?.permission !== "granted") return;
  try {
    const shown = new Notification(text, { tag: key, icon: document.querySelector("link[rel=icon]")?.href }); // the tag: once for all tabs
    shown.addEventListener("click", () => {
      focus();
      shown.close();
      location.assign(url);
    });
  } catch { /* Android shows them by a service worker only; the toast tells it */ }
}

const toast = (detail) => document.dispatchEvent(new CustomEvent("toast", { detail }));

// The words and the address for one, or for all of its kind that came to the same end.
function describe(item, count) {
  const number = item.bad ? count.failed : count.ready;
  if (number < 2) return { text: item.text, url: item.url };
  return { text: item.bad ? failedOf(count, item) : `${number} ${item.several.ready}.`, url: item.list };
}

const failedOf = ({ ready, failed }, item) => `${failed} of ${ready + failed} ${item.several.failed}.`;

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
