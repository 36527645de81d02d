// Selecting many cards of a gallery, to download or to delete them. Everything is looked up when it is needed: a search
// brings new results, a poll new cards.

import { say } from "./send-form.js";

const chosen = new Set();
let last = null; // where a range begins
let shift = false;

const results = () => document.getElementById("results");
const picks = () => [...document.querySelectorAll("#cards .card-pick")];
const isSelecting = () => results()?.classList.contains("is-selecting");

function start() {
  results().classList.add("is-selecting");
  document.getElementById("selection").hidden = false;
  results().querySelector("[data-select]").setAttribute("aria-pressed", "true");
  tell();
}

function stop() {
  chosen.clear();
  last = null;
  picks().forEach((pick) => { pick.checked = false; });
  const place = results();
  if (!isSelecting()) return;
  place.classList.remove("is-selecting");
  document.getElementById("selection").hidden = true;
  const button = place.querySelector("[data-select]");
  button.setAttribute("aria-pressed", "false");
  button.focus({ preventScroll: true });
}

function tell() {
  const bar = document.getElementById("selection");
  const number = chosen.size;
  bar.querySelector("[data-words]").textContent = number ? `${number} selected` : "Select items";
  bar.querySelectorAll("[data-needs-some]").forEach((button) => { button.disabled = !number; });
}

function set(pick, yes) {
  pick.checked = yes;
  if (yes) chosen.add(pick.value);
  else chosen.delete(pick.value);
}

// To the trash, without a question: the toast of the next page offers "Undo".
function remove() {
  const form = document.getElementById("delete-selected");
  const mine = picks().filter((pick) => pick.checked && !("others" in pick.dataset));
  if (!mine.length) return say(`Only the creator or an owner can delete ${chosen.size === 1 ? "this" : "these"}.`, "toast");
  form.querySelectorAll("[name=pk]").forEach((input) => input.remove());
  for (const key of chosen) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "pk", value: key }));
  form.requestSubmit();
}

// Project, tags and favourites of what is selected: the server knows the projects.
async function organize(button) {
  await htmx.ajax("GET", button.dataset.organize, { target: "#organize-place", swap: "innerHTML" });
  const dialog = document.getElementById("organize-dialog");
  const form = dialog.querySelector("form");
  dialog.querySelector("[data-number]").textContent = `${chosen.size} selected`;
  for (const key of chosen) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "pk", value: key }));
  form.elements.new_project.addEventListener("input", () => { form.elements.project.value = form.elements.new_project.value ? "new" : "keep"; });
  dialog.showModal();
}

addEventListener("pointerdown", (event) => { shift = event.shiftKey; }, true);
addEventListener("keydown", (event) => { shift = event.shiftKey; }, true);
document.addEventListener("change", (event) => {
  const pick = event.target;
  if (!pick.matches(".card-pick")) return;
  set(pick, pick.checked);
  const all = picks();
  const [from, to] = [all.findIndex((other) => other.value === last), all.indexOf(pick)];
  if (shift && from >= 0) all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((other) => set(other, pick.checked));
  last = pick.value;
  tell();
});
document.addEventListener("click", (event) => {
  const on = (what) => event.target.closest(what);
  if (on("[data-select]")) {
    if (isSelecting()) stop();
    else {
      start();
      picks()[0]?.focus({ preventScroll: true });
    }
  } else if (on("[data-done]")) stop();
  else if (on("[data-all]")) {
    const yes = picks().some((pick) => !pick.checked);
    picks().forEach((pick) => set(pick, yes));
    tell();
  } else if (on("[data-delete]")) remove();
  else if (on("[data-organize]")) organize(on("[data-organize]"));
  else if (on("[data-close]")) on("dialog").close();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isSelecting() && !document.querySelector("dialog[open], :popover-open")) stop();
});

// New results end the selection; a card that only changed keeps its tick, one that went away loses it.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "results") {
    chosen.clear();
    last = null;
    return;
  }
  if (!isSelecting()) return;
  const there = new Map(picks().map((pick) => [pick.value, pick]));
  for (const key of [...chosen]) {
    if (there.has(key)) there.get(key).checked = true;
    else chosen.delete(key);
  }
  tell();
});

// The highlight of a set filter follows the select at once, before the results come.
document.getElementById("finder")?.addEventListener("input", (event) => {
  if (event.target.matches("select")) event.target.parentElement.classList.toggle("is-set", Boolean(event.target.value));
});
addEventListener("pageshow", stop);
