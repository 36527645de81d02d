// What came and went elsewhere while a gallery is looked at: see dashboard/gallery/live_changes.py.

const shown = () => [...document.querySelectorAll("#cards > [id]")].map((item) => item.id.split("-").at(-1));

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id !== "changes") return;
  // Nobody looks; or an upload of this very page is about to bring its card.
  const isIdle = document.hidden || document.querySelector(".is-upload progress:not([hidden])");
  if (isIdle) event.preventDefault();
  else event.detail.parameters.shown = shown().join(",");
});

// "Show" brings what is new before one's eyes, and the keyboard to it: the link itself is gone.
let before = null;
const isShow = (event) => event.detail.requestConfig?.elt.id === "changes-show";

document.addEventListener("htmx:beforeSwap", (event) => {
  if (isShow(event)) before = new Set([...document.querySelectorAll("#cards > [id]")].map((item) => item.id));
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (!before || !isShow(event)) return;
  const results = document.getElementById("results");
  const fresh = [...results.querySelectorAll("#cards > [id]")].filter((item) => !before.has(item.id));
  before = null;
  fresh.forEach((item) => item.classList.add("is-arriving"));
  if (results.getBoundingClientRect().top < 0) results.scrollIntoView();
  (fresh[0] ?? results).querySelector("a")?.focus({ preventScroll: true });
});
