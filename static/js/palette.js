// The command palette (Ctrl-K, ⌘-K or its button) and the shortcuts of the keyboard, which are listed under "?".

const palette = document.getElementById("palette");
const shortcuts = document.getElementById("shortcuts");
const input = palette.querySelector("input");
const results = document.getElementById("palette-results");
const status = document.getElementById("palette-status");
const OFF = "single-keys-off"; // in localStorage: somebody who speaks to the computer would press keys by accident
const singleKeys = shortcuts.querySelector("[data-single-keys]");
const GO = { h: "/", a: "/avatars/", v: "/videos/", o: "/videos/voices/", b: "/videos/batches/", p: "/projects/" };
const GO_SECONDS = 1.5;

// ---------------------------------------------------------------- the palette

const options = () => [...results.querySelectorAll("[role=option]")];
const active = () => results.querySelector("[aria-selected=true]");

function choose(option) {
  active()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function open() {
  if (palette.open) return palette.close();
  if (document.querySelector("dialog[open]")) return;
  document.querySelectorAll(":popover-open").forEach((menu) => menu.hidePopover());
  input.value = "";
  palette.showModal();
  input.focus();
  htmx.trigger(input, "palette-open");
}

input.addEventListener("keydown", (event) => {
  const all = options();
  const at = all.indexOf(active());
  const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    if (all.length) choose(all[to]);
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    active()?.click();
  }
});
results.addEventListener("pointermove", (event) => {
  const option = event.target.closest("[role=option]");
  if (option && option !== active()) choose(option);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== results) return;
  choose(options()[0]);
  status.textContent = results.querySelector("[data-palette-count]").textContent;
});
palette.addEventListener("click", (event) => {
  // A click beside it closes it, and so does a link to what this page shows already.
  if (event.target === palette || event.target.closest("[data-palette-close], a")) palette.close();
});

// ---------------------------------------------------------------- shortcuts

function showShortcuts() {
  if (palette.open) palette.close();
  if (document.querySelector("dialog[open]")) return;
  document.querySelectorAll(":popover-open").forEach((menu) => menu.hidePopover());
  shortcuts.showModal();
}

const storage = (act) => { try { return act(localStorage); } catch { return null; } }; // a browser that keeps nothing
singleKeys.checked = !storage((kept) => kept.getItem(OFF));
singleKeys.addEventListener("change", () => storage((kept) => (singleKeys.checked ? kept.removeItem(OFF) : kept.setItem(OFF, "yes"))));
shortcuts.querySelector("[data-shortcuts-close]").addEventListener("click", () => shortcuts.close());

let wentAt = 0; // when "g" was pressed

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]")) {
    event.preventDefault();
    open();
  } else if (event.target.closest("[data-shortcuts]")) showShortcuts();
});
document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (key === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    event.preventDefault();
    return open();
  }
  const isTyping = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], audio, video");
  if (isTyping || !singleKeys.checked || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  press(key, event);
});

function press(key, event) {
  const follows = Date.now() - wentAt < GO_SECONDS * 1000;
  wentAt = 0;
  if (follows && GO[key]) return location.assign(GO[key]);
  if (key === "?") showShortcuts();
  else if (key === "g") wentAt = Date.now();
  else if (key === "n") document.querySelector(".rail-make")?.click();
  else if (key === "z") [...document.querySelectorAll(".toast form:not([hidden]) button")].at(-1)?.click();
  else if (key === "/" && document.querySelector("#finder input")) {
    event.preventDefault();
    document.querySelector("#finder input").select();
  }
}
