// "Choose another picture" of an avatar whose portrait was refused, on its card and on its own page.

import { askConsent, NOT_STATED } from "./consent.js";
import { checkPortrait } from "./portrait-check.js";
import { page, say } from "./send-form.js";
import { showProgress, uploadFile } from "./upload.js";

document.addEventListener("change", (event) => { if (event.target.closest("form[data-replace]")) take(event.target); });

function take(input) {
  const [file] = input.files;
  input.value = "";
  if (file) replace(input.form, file);
}

async function replace(form, file) {
  const part = form.closest(".card-state");
  showBusy(part, true);
  const problem = await checkPortrait(file, form.dataset);
  if (problem) return refuse(part, file, problem);
  const fields = await askConsent();
  if (!fields) return refuse(part, file, NOT_STATED);
  const follow = (words, percent) => showProgress(part, words, percent);
  follow("Uploading…", 0);
  const answer = await uploadFile(file, { url: form.action, field: "portrait", fields, follow });
  if (answer.ok) arrive(form, answer.text);
  else refuse(part, file, answer.text);
}

function showBusy(part, busy) {
  part.classList.toggle("is-busy", busy);
  part.querySelector("progress").hidden = !busy;
  part.querySelector("[data-words]").classList.toggle("is-bad", !busy);
}

function refuse(part, file, sentence) {
  showBusy(part, false);
  part.querySelector("[data-words]").textContent = sentence;
  say(`${file.name}: ${sentence}`);
}

function arrive(form, html) {
  const card = form.closest(".card");
  if (!card) {
    page.leaving = true;
    location.reload();
    return;
  }
  const fresh = Object.assign(document.createElement("template"), { innerHTML: html }).content.querySelector(".card");
  card.replaceWith(fresh);
  htmx.process(fresh);
  fresh.querySelector(".card-name a").focus({ preventScroll: true });
  say(`${fresh.querySelector(".card-name").textContent} was uploaded.`);
  document.dispatchEvent(new CustomEvent("started"));
}

// Chosen before this script had loaded.
document.querySelectorAll("form[data-replace] input[type=file]").forEach(take);
