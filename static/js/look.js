// What a look does to a picture: the arithmetic of videos/looks/look.py once more (held to the same table of cases), and a
// still of what will come out.

import { guess, view } from "./look-framing.js";

const FRAMES = { "own": null, "1:1": [1, 1], "9:16": [9, 16], "16:9": [16, 9] };
const BLUR = 0.035; // of the canvas' shorter side, as videos/studio blurs

const FEATHER = 0.08; // of the picture's shorter side, as videos/studio fades it where it ends inside the canvas
const ROUND_DEPTH = 0.68; // as videos/studio has it
const MIN_SIZE = 0.3;
const MAX_SIZE = 3;

// size, x and y are null while the placement is automatic.
export const PLAIN = { background: "own", colour: "#e8e4dc", colour2: "#8fa3b8", angle: 180, picture: null, frame: "own", resolution: null, size: null, x: null, y: null };
export const PLACED = { size: 1, x: 0.5, y: 1 };

export const isAutomatic = (look) => look.size === null && look.x === null && look.y === null;
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

// The nearest even number; halves as Python's round() has them.
const even = (length) => 2 * ((length / 2) % 1 === 0.5 ? 2 * Math.round(length / 4) : Math.round(length / 2));

// Width and height of the finished frames for a source of this size.
export function canvas(look, width, height) {
  const shape = FRAMES[look.frame];
  if (!shape && !look.resolution) return [width, height];
  const [across, down] = shape ?? [width, height];
  const scale = (look.resolution || Math.min(width, height)) / Math.min(across, down);
  return [even(across * scale), even(down * scale)];
}

// The scale at which size is 1.
function whole(look, width, height) {
  const [across, down] = canvas(look, width, height);
  return look.background === "own" ? Math.max(down / height, across / width) : down / height;
}

const share = (start, room) => (Math.abs(room) >= 0.5 ? clamp(start / room, 0, 1) : 0.5);

// How a source of this size is placed: size, x, y. `framing` says where its face is, if that is known.
export function placement(look, width, height, framing = null) {
  if (!isAutomatic(look)) return { size: look.size ?? PLACED.size, x: look.x ?? PLACED.x, y: look.y ?? PLACED.y };
  if (look.frame === "own") return { ...PLACED };
  const [across, down] = canvas(look, width, height);
  const seen = view(framing ?? guess(width, height), width, height, across / down, look.background === "own");
  const size = down / seen.height / whole(look, width, height);
  return { size: clamp(size, MIN_SIZE, MAX_SIZE), x: share(seen.x, width - seen.width), y: share(seen.y, height - seen.height) };
}

// Where the whole source picture lies in the canvas, in its pixels; it may stick out.
export function place(look, width, height, framing = null) {
  const [across, down] = canvas(look, width, height);
  const placed = placement(look, width, height, framing);
  const scale = whole(look, width, height) * placed.size;
  const w = width * scale;
  const h = height * scale;
  return { x: (across - w) * placed.x, y: (down - h) * placed.y, width: w, height: h };
}

const NEAR = 0.04; // of the head's size: so little outside is not missed

// Whether the head is in the canvas: "inside", "cut" or "outside".
export function headIs(look, width, height, framing) {
  const [across, down] = canvas(look, width, height);
  const box = place(look, width, height, framing);
  const [x, y, w, h] = framing.head;
  const [left, top] = [box.x + x * box.width, box.y + y * box.height];
  const [wide, high] = [w * box.width, h * box.height];
  const missing = Math.max(-left / wide, (left + wide - across) / wide, -top / high, (top + high - down) / high);
  if (missing >= 0.9) return "outside";
  return missing > NEAR ? "cut" : "inside";
}

// Whether shoulders that the picture cuts off would end in two upright lines: rather, they end in a curve.
export function isRounded(look, width, height, framing = null) {
  const [across, down] = canvas(look, width, height);
  const box = place(look, width, height, framing);
  if (look.background === "own" || box.x <= 0.5 || box.x + box.width >= across - 0.5) return false;
  const first = Math.min(...(framing ?? guess(width, height)).cuts);
  const isStanding = box.y <= 0.5 && box.y + box.height >= down - 0.5;
  return isStanding && box.y + first * box.height < down - 0.5;
}

// Whether the picture leaves nothing of the canvas free.
export function covers(look, width, height, framing) {
  const [across, down] = canvas(look, width, height);
  const box = place(look, width, height, framing);
  return box.x < 0.5 && box.y < 0.5 && box.x + box.width > across - 0.5 && box.y + box.height > down - 0.5;
}

export const fill = (look) => (look.background === "gradient"
  ? `linear-gradient(${look.angle}deg, ${look.colour}, ${look.colour2})`
  : look.background === "colour" ? look.colour : "");

// Draw into a box of the stage's kind (templates/videos/_look_stage.html).
// `source`: width, height, still, cutout, framing, behind (what is blurred), extended (the own background going on).
export function draw(stage, look, source, backdrop) {
  const { width, height, framing } = source;
  const [across, down] = canvas(look, width, height);
  const goesOn = look.background === "own" && !covers(look, width, height, framing);
  stage.style.setProperty("--across", across);
  stage.style.setProperty("--down", down);
  const side = (Math.min(across, down) * stage.clientWidth) / across;
  stage.style.setProperty("--side", `${side}px`);
  stage.style.setProperty("--blur", `${BLUR * side}px`);
  stage.style.background = fill(look) || (look.background === "picture" && backdrop?.colour) || "";
  const behind = { blur: source.behind || source.still, picture: backdrop?.picture, own: goesOn ? source.extended || source.still : "" };
  show(stage.querySelector(".stage-behind"), behind[look.background]);
  stage.classList.toggle("is-blurred", look.background === "blur" || goesOn);
  stage.classList.toggle("is-tall", FRAMES[look.frame] === FRAMES["9:16"]);

  const box = place(look, width, height, framing);
  const person = stage.querySelector(".stage-person");
  const cut = look.background !== "own";
  show(person, cut ? source.cutout || source.still : source.still);
  // Nobody has cut them out yet: a soft edge keeps their surroundings from looking like part of the result.
  stage.classList.toggle("is-uncut", cut && !source.cutout);
  person.style.left = `${(100 * box.x) / across}%`;
  person.style.top = `${(100 * box.y) / down}%`;
  person.style.width = `${(100 * box.width) / across}%`;
  person.style.height = `${(100 * box.height) / down}%`;
  fade(person, box, across, down);
  stage.classList.toggle("is-rounded", isRounded(look, width, height, framing));
  stage.querySelector(".no-picture").hidden = Boolean(source.still);
}

// Where the picture ends inside the canvas it fades out.
function fade(person, box, across, down) {
  const width = FEATHER * Math.min(box.width, box.height);
  const by = {
    left: box.x > 0.5 ? width / box.width : 0,
    right: box.x + box.width < across - 0.5 ? width / box.width : 0,
    top: box.y > 0.5 ? width / box.height : 0,
    bottom: box.y + box.height < down - 0.5 ? width / box.height : 0,
  };
  // Where the curve begins, and how high it would be if it were seen to its end, in parts of what is below.
  const middle = (down / 2 - box.y) / box.height;
  person.style.setProperty("--curve-from", `${100 * middle}%`);
  person.style.setProperty("--curve-high", `${(100 * down) / 2 / box.height / ROUND_DEPTH / (1 - middle)}%`);
  for (const [side, part] of Object.entries(by)) person.style.setProperty(`--fade-${side}`, `${100 * part}%`);
}

function show(image, address) {
  image.hidden = !address;
  if (!address) image.removeAttribute("src");
  else if (image.getAttribute("src") !== address) image.src = address;
}

const SIDE = 128; // px: what is blurred needs no more

// The address of their background without them: what is around flows into the hole, the farther in the coarser.
export async function withoutPerson(still, cutout) {
  const [picture, person] = await images(still, cutout);
  const height = Math.max(Math.round((SIDE * picture.naturalHeight) / picture.naturalWidth), 1);
  return flood(hole(picture, person, SIDE, height, { x: 0, y: 0, width: SIDE, height }));
}

// The same for a picture that leaves a part of the canvas free: there its background goes on.
export async function extended(still, cutout, look, width, height, framing) {
  const [picture, person] = await images(still, cutout);
  const [across, down] = canvas(look, width, height);
  const box = place(look, width, height, framing);
  const scale = SIDE / across;
  const part = { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale };
  return flood(hole(picture, person, SIDE, Math.max(Math.round(down * scale), 1), part));
}

const loading = new Map();

function images(...addresses) {
  return Promise.all(addresses.map((address) => {
    if (!address) return null;
    if (!loading.has(address)) {
      const image = Object.assign(new Image(), { src: address });
      loading.set(address, image.decode().then(() => image));
    }
    return loading.get(address);
  }));
}

function hole(picture, person, width, height, box) {
  const drawn = paper(width, height);
  drawn.drawImage(picture, box.x, box.y, box.width, box.height);
  drawn.globalCompositeOperation = "destination-out";
  // And what their edge has coloured.
  if (person) for (const by of [-2, 0, 2]) drawn.drawImage(person, box.x + by, box.y, box.width, box.height);
  return drawn;
}

function flood(hole) {
  const { width, height } = hole.canvas;
  const levels = [hole.canvas];
  for (let last = hole.canvas; last.width > 1 || last.height > 1; last = levels.at(-1)) {
    const half = paper(Math.ceil(last.width / 2), Math.ceil(last.height / 2));
    half.drawImage(last, 0, 0, half.canvas.width, half.canvas.height);
    levels.push(half.canvas);
  }
  const full = paper(width, height);
  for (const level of levels.reverse()) {
    // The coarsest has to cover everything, however little of it is known.
    for (let n = level.width > 1 ? 1 : 12; n; n -= 1) full.drawImage(level, 0, 0, width, height);
  }
  return full.canvas.toDataURL("image/jpeg", 0.9);
}

function paper(width, height) {
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.imageSmoothingQuality = "high";
  return context;
}
