// Follows a text until its voice is there, or it failed: then the page itself says so.

const root = document.querySelector("[data-state]");
const timer = setInterval(async () => {
  const answer = await fetch(root.dataset.state, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer || answer.status >= 500) return;
  if (answer.status === 202) {
    const said = await answer.json();
    root.querySelector("progress").value = said.progress;
    if (said.words) root.querySelector("[data-words]").textContent = said.words;
    return;
  }
  clearInterval(timer);
  location.reload();
}, 1000);
