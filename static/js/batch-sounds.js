// Sound files on their way: each is a row of a list with its own progress and its own error, two at a time.

import { page, say, send, tooLarge } from "./send.js";

const AT_ONCE = 2;
const template = document.getElementById("arriving-sound");
const waiting = [];
let running = 0;
let rules = null;

// `url` and `field` say where a file goes, `arrive(row, text, file)` what to do with the answer, `idle()` when all is done.
export function prepare(given) {
  rules = given;
  // Leaving now would lose what is still on its way.
  addEventListener("beforeunload", (event) => { if (!page.leaving && isBusy()) event.preventDefault(); });
}

export const isBusy = () => running > 0 || waiting.length > 0;

export function add(file) {
  const row = template.content.firstElementChild.cloneNode(true);
  row.querySelector("[data-name]").textContent = file.name;
  row.querySelector("progress").setAttribute("aria-label", `Upload of ${file.name}`);
  row.querySelector("[data-again]").addEventListener("click", () => queue(row, file));
  row.querySelector("[data-remove]").addEventListener("click", () => { row.remove(); rules.changed?.(); });
  rules.list.append(row);
  queue(row, file);
}

function queue(row, file) {
  row.classList.remove("is-refused");
  row.querySelector("progress").hidden = false;
  row.querySelector(".buttons").hidden = true;
  tell(row, "Waiting…");
  const problem = tooLarge(file, rules.maxBytes);
  if (problem) return refuse(row, file, problem, false);
  waiting.push([row, file]);
  next();
}

async function next() {
  if (running >= AT_ONCE || !waiting.length) return;
  const [row, file] = waiting.shift();
  if (!row.isConnected) return next();
  running += 1;
  const bar = row.querySelector("progress");
  tell(row, "Uploading…");
  const answer = await send(rules.url, rules.field, file, (percent) => {
    if (percent < 100) {
      bar.value = percent;
      tell(row, `Uploading… ${percent} %`);
    } else {
      bar.removeAttribute("value");
      tell(row, "Listening to it…");
    }
  });
  running -= 1;
  if (!answer.ok) refuse(row, file, answer.text, answer.again);
  else if (row.isConnected) rules.arrive(row, answer.text, file);
  rules.changed?.();
  if (!isBusy()) rules.idle?.();
  next();
}

function refuse(row, file, sentence, again) {
  row.classList.add("is-refused");
  row.querySelector("progress").hidden = true;
  row.querySelector(".buttons").hidden = false;
  row.querySelector("[data-again]").hidden = !again;
  tell(row, sentence);
  say(`${file.name}: ${sentence}`);
}

function tell(row, words) {
  row.querySelector("[data-words]").textContent = words;
}
