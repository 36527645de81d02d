// The page of a shared video, and the same in a frame: counts a view, keeps the moment for a comment, mends a player whose
// file was replaced.

import "./seek.js";

const player = document.querySelector(".player");
const moment = document.getElementById("comment-moment");
const field = document.querySelector("#comment-form [name=at_seconds]");

// Once for each page, however often it is paused or moved.
player?.addEventListener("play", () => {
  fetch(player.dataset.played, { method: "POST", keepalive: true }).catch(() => {});
}, { once: true });

function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

if (field) {
  const keep = () => {
    field.value = player.currentTime.toFixed(2);
    moment.textContent = clock(player.currentTime);
  };
  if (Number(field.value)) player.currentTime = Number(field.value); // after a mistake in the form
  ["timeupdate", "seeked"].forEach((name) => player.addEventListener(name, keep));
  keep();
}

// The address of a file ends after some hours, and with the file: the page, asked again, has the new one.
let mended = 0;
player?.addEventListener("error", async () => {
  if (Date.now() - mended < 60_000) return;
  mended = Date.now();
  try {
    const answer = await fetch(location.href);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".player");
    if (!fresh) return location.reload();
    const at = player.currentTime;
    player.src = fresh.getAttribute("src");
    player.currentTime = at;
  } catch { /* away: a later try of the visitor asks again */ }
});
