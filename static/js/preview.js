// A moment's rest on a video's card, with the mouse or the keyboard, plays it there without sound.

const DELAY = 350;
const still = matchMedia("(prefers-reduced-motion: reduce)");
let card = null;
let timer = 0;

const pictureOf = (target) => {
  const found = target.closest?.(".card")?.querySelector("[data-film]");
  return found && !found.closest(".is-selecting") ? found : null;
};

function enter(picture) {
  if (picture === card) return;
  leave();
  if (!picture || still.matches || navigator.connection?.saveData) return;
  card = picture;
  timer = setTimeout(play, DELAY, picture);
}

function play(picture) {
  const film = document.createElement("video");
  Object.assign(film, { muted: true, loop: true, playsInline: true, preload: "none", className: "card-film", tabIndex: -1 });
  film.setAttribute("aria-hidden", "true");
  film.addEventListener("playing", () => film.classList.add("is-playing"));
  film.src = picture.dataset.film;
  picture.append(film);
  film.play().catch(() => film.remove()); // the picture stays, and says enough
}

function leave() {
  clearTimeout(timer);
  const film = card?.querySelector(".card-film");
  card = null;
  if (!film) return;
  film.pause();
  film.removeAttribute("src"); // stops the download too
  film.load();
  film.remove();
}

document.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") enter(pictureOf(event.target)); });
document.documentElement.addEventListener("pointerleave", leave);
document.addEventListener("focusin", (event) => { if (event.target.matches(":focus-visible")) enter(pictureOf(event.target)); });
document.addEventListener("focusout", leave);
document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
addEventListener("pagehide", leave);
