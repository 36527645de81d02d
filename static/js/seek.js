// A time code beside a comment moves the player: <a data-seek="7.25">.

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-seek]");
  const player = document.querySelector(".player");
  if (!link || !player) return;
  event.preventDefault();
  player.currentTime = Number(link.dataset.seek);
  player.scrollIntoView({ block: "nearest" });
  player.focus({ preventScroll: true });
});
