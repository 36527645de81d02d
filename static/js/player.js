// A finished video's page: the frame at which the player stands becomes the thumbnail.

import "./copy.js";
import "./seek.js";

const player = () => document.querySelector(".player");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-use-frame]");
  if (!button) return;
  button.form.elements.seconds.value = (player()?.currentTime ?? 0).toFixed(3);
  button.form.requestSubmit();
});
document.addEventListener("htmx:afterSwap", (event) => {
  const fresh = document.getElementById("thumbnail");
  if (event.detail.target.id === "thumbnail" && fresh?.dataset.poster && player()) player().poster = fresh.dataset.poster;
});
