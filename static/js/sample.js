// Home of a new team: the sample plays without sound while it is in sight, unless people want no motion.

const film = document.querySelector("[data-sample] video");
const sound = document.querySelector("[data-sample-sound]");
const pause = document.querySelector("[data-sample-pause]");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** It plays by itself: muted, again and again, and can be stopped. */
function playSilently() {
  Object.assign(film, { muted: true, loop: true, controls: false });
  film.play().then(() => { pause.hidden = sound.hidden = false; }, offerToPlay);
}

/** A still with a button that plays it. */
function offerToPlay() {
  film.controls = false;
  sound.querySelector("span").textContent = "Play";
  sound.hidden = false;
}

function playWithSound() {
  watcher.disconnect();
  Object.assign(film, { muted: false, loop: false, controls: true, currentTime: 0 });
  sound.hidden = pause.hidden = true;
  film.focus();
  film.play();
}

function pauseOrGoOn() {
  watcher.disconnect();
  film.paused ? film.play() : film.pause();
}

// Played from the start only when it is seen, so that it costs the page nothing.
const watcher = new IntersectionObserver(([seen]) => (seen.isIntersecting ? playSilently() : film.pause()), { threshold: 0.25 });
if (still.matches || navigator.connection?.saveData) offerToPlay();
else watcher.observe(film);

sound.addEventListener("click", playWithSound);
pause.addEventListener("click", pauseOrGoOn);
for (const event of ["play", "pause"]) {
  film.addEventListener(event, () => { pause.querySelector("span").textContent = film.paused ? "Resume" : "Pause"; });
}
