// The step "Look": its controls, the previews that follow them, moving the person, pictures for the background.

import { PLACED, PLAIN, canvas, covers, draw, extended, fill, headIs, isAutomatic, place, placement, withoutPerson } from "./look.js";
import { dropPage, say, tooLarge } from "./send-form.js";
import { uploadFile } from "./upload.js";

const root = document.querySelector("[data-look]");
const form = root.form ?? root.closest("form");
const stages = [...document.querySelectorAll("[data-stage]")];
const notes = [...document.querySelectorAll("[data-look-note]")];
const faces = [...document.querySelectorAll("[data-look-face]")];
const safes = [...document.querySelectorAll("[data-look-safe]")];
const pixels = root.querySelector("[data-look-pixels]");
const automatic = root.querySelector("[name=look-automatic]");
const NUMBERS = ["angle", "resolution", "size", "x", "y"];
const SNAP = 0.015; // of the canvas' width: so near to the middle is the middle
const UNCUT = "The cut-out appears when the video is ready.";
const FACE = {
  inside: "",
  cut: "Part of the head is outside the frame.",
  outside: "The face is outside the frame.",
};
const NO_MASK = "This video has no mask, so the person cannot be cut out.";

let wanted = 0;
let source = { width: 4, height: 5, still: "", cutout: "", framing: null };

// ---------------------------------------------------------------- the look, as the controls have it

const field = (name) => form.elements[`look-${name}`];

function read() {
  const look = { ...PLAIN };
  for (const name of Object.keys(PLAIN)) {
    if (automatic.checked && name in PLACED) continue;
    const value = name === "picture" ? root.querySelector("[name=look-picture]:checked")?.value : field(name).value;
    if (value) look[name] = NUMBERS.includes(name) ? Number(value) : value;
  }
  return look;
}

// Whether the video will show the label: every video does, or this one was chosen.
const isLabelled = () => Boolean(root.querySelector("[data-look-labelled], [name=look-label]:checked"));

// Name and title of who speaks, as the video shows them at its beginning.
function showSpeaker(stage) {
  const [name, title] = ["speaker_name", "speaker_title"].map((each) => field(each).value.trim());
  const speaker = stage.querySelector(".stage-speaker");
  speaker.hidden = !name && !title;
  speaker.querySelector("b").textContent = name;
  speaker.querySelector("span").textContent = title;
}

// The same look, as if somebody had placed it there by hand.
const byHand = (look) => ({ ...look, ...placement(look, source.width, source.height, source.framing) });

function write(values) {
  if (Object.keys(PLACED).some((name) => name in values)) automatic.checked = isAutomatic({ ...PLAIN, ...values });
  for (const [name, wanted] of Object.entries(values)) {
    const value = wanted ?? PLACED[name];
    if (name === "picture") {
      const chosen = root.querySelector("[name=look-picture]:checked");
      if (chosen) chosen.checked = false;
      const picture = root.querySelector(`[name=look-picture][value="${value}"]`);
      if (picture) picture.checked = true;
    } else field(name).value = value ?? "";
  }
  follow();
}

// Everything on the page that shows the look follows the controls.
export function follow() {
  const look = read();
  const { background } = look;
  const placed = placement(look, source.width, source.height, source.framing);
  if (isAutomatic(look)) for (const name of Object.keys(PLACED)) field(name).value = placed[name].toFixed(3);
  const chosen = root.querySelector("[name=look-picture]:checked");
  if (background === "blur") clear();
  if (background === "own") goOn(look);
  for (const stage of stages) {
    draw(stage, look, source, chosen?.dataset);
    stage.querySelector(".stage-label").hidden = !isLabelled();
    showSpeaker(stage);
    stage.style.touchAction = room(look)[1] ? "none" : "pan-y"; // what cannot be moved up and down scrolls the page
  }

  root.style.setProperty("--look-colour", look.colour);
  root.style.setProperty("--look-gradient", fill({ ...look, background: "gradient" }));
  root.style.setProperty("--look-still", source.still ? `url("${new URL(source.still, location.href)}")` : "none");
  root.style.setProperty("--look-picture", chosen ? `url("${new URL(chosen.dataset.picture, location.href)}")` : "none");
  for (const swatch of root.querySelectorAll("[data-look-set]")) {
    const set = JSON.parse(swatch.dataset.lookSet);
    swatch.setAttribute("aria-pressed", Object.keys(set).every((name) => look[name] === set[name]));
  }
  tell("angle", `${look.angle}°`);
  tell("size", `${Math.round(placed.size * 100)} %`);
  const [roomX, roomY] = room(look);
  tell("x", roomX ? `${Math.round(placed.x * 100)} %` : "fits");
  tell("y", roomY ? `${Math.round(placed.y * 100)} %` : "fits");
  warn(look);
  tellPixels(look);

  let words = "";
  if (background !== "own" && form.dataset.noMask !== undefined) words = NO_MASK;
  else if (background === "picture" && !chosen) words = "Choose a picture for the background.";
  else if (background !== "own" && source.still && !source.cutout) words = UNCUT;
  for (const note of notes) {
    note.textContent = words;
    note.hidden = !words;
  }
}

// Live regions: they are only touched when the words change, so that nothing is read out twice.
function warn(look) {
  const words = source.framing && source.still ? FACE[headIs(look, source.width, source.height, source.framing)] : "";
  for (const face of faces) if (face.textContent !== words) face.textContent = words;
}

// How large the result will be, where that is known.
function tellPixels(look) {
  pixels.hidden = !source.isExact && !look.resolution;
  pixels.textContent = `Your video will be ${canvas(look, source.width, source.height).join(" × ")} pixels.`;
  for (const safe of safes) safe.hidden = look.frame !== "9:16";
}

function showSafe(yes) {
  for (const stage of stages) stage.classList.toggle("shows-safe", yes);
  for (const safe of safes) {
    safe.querySelector("input").checked = yes;
    safe.querySelector(".safe-legend").hidden = !yes;
  }
}

for (const safe of safes) safe.addEventListener("change", (event) => showSafe(event.target.checked));

// The own background goes on where the picture does not reach: drawn anew when the picture lies elsewhere.
async function goOn(look) {
  const whose = source;
  const { width, height, framing } = whose;
  if (!whose.still || covers(look, width, height, framing)) return;
  const where = JSON.stringify([canvas(look, width, height), place(look, width, height, framing)]);
  if (whose.extendedFor === where) return;
  whose.extendedFor = where;
  const drawn = await extended(whose.still, whose.cutout, look, width, height, framing).catch(() => "");
  if (whose !== source || whose.extendedFor !== where) return;
  whose.extended = drawn;
  follow();
}

async function clear() {
  const whose = source;
  if (!whose.cutout || whose.behind !== undefined) return;
  whose.behind = ""; // once is enough
  whose.behind = await withoutPerson(whose.still, whose.cutout).catch(() => "");
  if (whose === source) follow();
}

function tell(name, words) {
  const output = field(name).parentElement.querySelector("output");
  output.textContent = words;
  field(name).setAttribute("aria-valuetext", words);
}

// ---------------------------------------------------------------- whose look

// A new video is of the avatar that is chosen, a finished one of itself.
async function find() {
  const mine = ++wanted;
  const chosen = form.querySelector("[name=avatar]:checked")?.dataset ?? form.dataset;
  const found = { still: chosen.still ?? "", cutout: chosen.cutout ?? "", width: Number(chosen.width), height: Number(chosen.height) };
  found.framing = chosen.framing ? JSON.parse(chosen.framing) : null;
  found.isExact = Boolean(found.width);
  if (chosen.film) found.still = (await filmed(chosen.film, Number(chosen.at))) ?? found.still;
  if (!found.width && found.still) {
    const image = new Image();
    image.src = found.still;
    await image.decode().catch(() => {});
    [found.width, found.height] = [image.naturalWidth, image.naturalHeight];
  }
  if (mine !== wanted) return; // another one was chosen meanwhile
  source = { ...found, width: found.width || 4, height: found.height || 5 };
  follow();
}

// A frame of the original film: its poster may have another look already.
function filmed(address, at) {
  return new Promise((resolve) => {
    const film = Object.assign(document.createElement("video"), { muted: true, playsInline: true, preload: "auto" });
    film.addEventListener("loadeddata", () => { film.currentTime = at || 0.01; }, { once: true });
    film.addEventListener("error", () => resolve(null), { once: true });
    film.addEventListener("seeked", () => {
      const paper = Object.assign(document.createElement("canvas"), { width: film.videoWidth, height: film.videoHeight });
      paper.getContext("2d").drawImage(film, 0, 0);
      film.removeAttribute("src");
      film.load();
      paper.toBlob((blob) => resolve(blob && URL.createObjectURL(blob)), "image/jpeg", 0.9);
    }, { once: true });
    film.src = `${address}?here`; // from this site, wherever films are stored: another origin would spoil the canvas
  });
}

// ---------------------------------------------------------------- moving the person

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

// Move by so many pixels of the canvas. A direction in which the picture just fits has no room.
function move(from, dx, dy, snap = 0) {
  const [roomX, roomY] = room(from);
  let x = roomX ? clamp(from.x + dx / roomX, 0, 1) : from.x;
  const y = roomY ? clamp(from.y + dy / roomY, 0, 1) : from.y;
  const isMiddle = roomX && Math.abs((x - 0.5) * roomX) < snap * canvas(from, source.width, source.height)[0];
  if (isMiddle) x = 0.5;
  write({ size: from.size, x: x.toFixed(3), y: y.toFixed(3) });
  return isMiddle;
}

// How much wider and higher the canvas is than the picture in it; less than nothing where it sticks out.
function room(look) {
  const [across, down] = canvas(look, source.width, source.height);
  const box = place(look, source.width, source.height, source.framing);
  return [across - box.width, down - box.height].map((length) => (Math.abs(length) < 1 ? 0 : length));
}

for (const stage of stages.filter((each) => each.tabIndex === 0)) {
  let held = null;
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    held = { look: byHand(read()), x: event.clientX, y: event.clientY, scale: canvas(read(), source.width, source.height)[0] / stage.clientWidth };
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("is-held");
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held) return;
    const isMiddle = move(held.look, (event.clientX - held.x) * held.scale, (event.clientY - held.y) * held.scale, SNAP);
    stage.classList.toggle("is-middle", Boolean(isMiddle));
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    stage.addEventListener(end, () => {
      held = null;
      stage.classList.remove("is-held", "is-middle");
    });
  }
  stage.addEventListener("keydown", (event) => {
    const look = byHand(read());
    const step = canvas(look, source.width, source.height)[0] * (event.shiftKey ? 0.1 : 0.02);
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    const grow = { "+": 0.05, "=": 0.05, "-": -0.05, "−": -0.05 }[event.key];
    if (!by && !grow) return;
    event.preventDefault();
    if (by) move(look, ...by); // without the middle's pull: keys would never leave it
    else write({ ...look, size: look.size + grow });
    const now = read();
    say(`Size ${Math.round(now.size * 100)} percent, horizontal ${Math.round(now.x * 100)}, vertical ${Math.round(now.y * 100)}.`);
  });
}

// ---------------------------------------------------------------- pictures for the background

const backdrops = document.getElementById("backdrops");
const adder = backdrops.querySelector(".backdrop-add");
const problem = document.getElementById("look-picture-error");

// Not every system has a name for every kind of picture.
export const isPicture = (file) => file.type.startsWith("image/") || /\.(heic|heif|avif|tiff?|bmp)$/i.test(file.name);

export async function addPicture(file) {
  write({ background: "picture" });
  problem.textContent = tooLarge(file, Number(root.dataset.maxBytes));
  if (problem.textContent) return;
  const tile = document.createElement("div");
  tile.className = "backdrop is-arriving";
  const bar = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
  bar.setAttribute("aria-label", `Upload of ${file.name}`);
  tile.append(bar);
  adder.after(tile);
  const follow = (words, percent) => {
    if (percent === undefined) bar.removeAttribute("value");
    else bar.value = percent;
    bar.title = words;
  };
  const answer = await uploadFile(file, { url: root.dataset.upload, field: "picture", follow });
  if (!answer.ok) {
    tile.remove();
    problem.textContent = `${file.name}: ${answer.text}`;
    return;
  }
  tile.insertAdjacentHTML("afterend", answer.text);
  const fresh = tile.nextElementSibling;
  tile.remove();
  htmx.process(fresh);
  fresh.querySelector("input").checked = true;
  say(`${fresh.querySelector("label").title} was added and chosen.`);
  follow();
}

adder.querySelector("input").addEventListener("change", (event) => {
  event.stopPropagation();
  [...event.target.files].slice(0, 1).forEach(addPicture);
  event.target.value = "";
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "backdrop-dialog") event.detail.target.showPopover();
});
new MutationObserver(follow).observe(backdrops, { childList: true }); // the chosen one may be among those that go

// ---------------------------------------------------------------- what is pressed and chosen

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-look-set], [data-look-all]");
  if (button?.dataset.lookSet) write(JSON.parse(button.dataset.lookSet));
  if (button?.dataset.lookAll) {
    write({ ...PLAIN, ...JSON.parse(button.dataset.lookAll) });
    say("The settings were applied.");
  }
});
root.addEventListener("input", (event) => {
  if (["look-size", "look-x", "look-y"].includes(event.target.name)) automatic.checked = false;
  follow();
});
// What is not there yet, or not chosen, is told before the page is sent.
form.addEventListener("submit", (event) => {
  let sentence = "";
  if (backdrops.querySelector(".is-arriving")) sentence = "Wait until the picture is uploaded.";
  else if (field("background").value === "picture" && !read().picture) sentence = "Choose a picture for the background, or add one.";
  if (!sentence) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  root.closest("details")?.setAttribute("open", "");
  problem.textContent = sentence;
  problem.scrollIntoView({ block: "center" });
  adder.querySelector("input").focus({ preventScroll: true });
}, true);
if (form.matches(".is-look")) dropPage(([file]) => addPicture(file));
form.addEventListener("change", (event) => {
  if (event.target.name === "avatar") find();
  else if (event.target.name === "look-picture") problem.textContent = "";
  if (root.contains(event.target)) follow();
});
addEventListener("pageshow", find);
// The blur is as wide as the preview has it.
addEventListener("resize", follow);
form.addEventListener("toggle", follow, true);
find();
