// A video's page: when its new look is there it is shown, but nobody is interrupted who is watching.

document.addEventListener("htmx:afterSettle", () => {
  const show = document.querySelector("[data-show-look]");
  const player = document.querySelector(".player");
  const isBusy = (player && !player.paused) || document.querySelector(":popover-open, details.rename[open]");
  if (show && !isBusy) location.assign(show.href);
});
