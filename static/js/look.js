// What a look does to a picture: the arithmetic of videos/looks/look.py once more, and a still of what will come out.

const FRAMES = { "own": null, "1:1": [1, 1], "9:16": [9, 16], "16:9": [16, 9] };
const BLUR = 0.035; // of the canvas' shorter side, as videos/studio blurs

export const PLAIN = { background: "own", colour: "#e8e4dc", colour2: "#8fa3b8", angle: 180, picture: null, frame: "own", size: 1, x: 0.5, y: 1 };

// The nearest even number; halves as Python's round() has them.
const even = (length) => 2 * ((length / 2) % 1 === 0.5 ? 2 * Math.round(length / 4) : Math.round(length / 2));

// Width and height of the finished frames for a source of this size.
export function canvas(look, width, height) {
  const shape = FRAMES[look.frame];
  if (!shape) return [width, height];
  const scale = Math.min(width, height) / Math.min(...shape);
  return [even(shape[0] * scale), even(shape[1] * scale)];
}

// Where the whole source picture lies in the canvas, in its pixels; it may stick out.
export function place(look, width, height) {
  const [across, down] = canvas(look, width, height);
  let scale = down / height;
  if (look.background === "own") scale = Math.max(scale, across / width);
  scale *= look.size;
  const w = width * scale;
  const h = height * scale;
  return { x: (across - w) * look.x, y: (down - h) * look.y, width: w, height: h };
}

export const fill = (look) => (look.background === "gradient"
  ? `linear-gradient(${look.angle}deg, ${look.colour}, ${look.colour2})`
  : look.background === "colour" ? look.colour : "");

// Draw into a box of the stage's kind (templates/videos/_look_stage.html). `source`: width, height, still, cutout, behind.
export function draw(stage, look, source, backdrop) {
  const [across, down] = canvas(look, source.width, source.height);
  stage.style.setProperty("--across", across);
  stage.style.setProperty("--down", down);
  stage.style.setProperty("--blur", `${(BLUR * Math.min(across, down) * stage.clientWidth) / across}px`);
  stage.style.background = fill(look) || (look.background === "picture" && backdrop?.colour) || "";
  show(stage.querySelector(".stage-behind"), { blur: source.behind || source.still, picture: backdrop?.picture }[look.background]);
  stage.classList.toggle("is-blurred", look.background === "blur");

  const box = place(look, source.width, source.height);
  const person = stage.querySelector(".stage-person");
  const cut = look.background !== "own";
  show(person, cut ? source.cutout || source.still : source.still);
  // Nobody has cut them out yet: a soft edge keeps their surroundings from looking like part of the result.
  stage.classList.toggle("is-uncut", cut && !source.cutout);
  person.style.left = `${(100 * box.x) / across}%`;
  person.style.top = `${(100 * box.y) / down}%`;
  person.style.width = `${(100 * box.width) / across}%`;
  person.style.height = `${(100 * box.height) / down}%`;
  stage.querySelector(".no-picture").hidden = Boolean(source.still);
}

function show(image, address) {
  image.hidden = !address;
  if (!address) image.removeAttribute("src");
  else if (image.getAttribute("src") !== address) image.src = address;
}

const SIDE = 128; // px: what is blurred needs no more

// The address of their background without them: what is around flows into the hole, the farther in the coarser.
export async function withoutPerson(still, cutout) {
  const [picture, person] = await Promise.all([still, cutout].map(async (address) => {
    const image = Object.assign(new Image(), { src: address });
    await image.decode();
    return image;
  }));
  const height = Math.max(Math.round((SIDE * picture.naturalHeight) / picture.naturalWidth), 1);
  const hole = paper(SIDE, height);
  hole.drawImage(picture, 0, 0, SIDE, height);
  hole.globalCompositeOperation = "destination-out";
  for (const by of [-2, 0, 2]) hole.drawImage(person, by, 0, SIDE, height); // and what their edge has coloured

  const levels = [hole.canvas];
  for (let last = hole.canvas; last.width > 1 || last.height > 1; last = levels.at(-1)) {
    const half = paper(Math.ceil(last.width / 2), Math.ceil(last.height / 2));
    half.drawImage(last, 0, 0, half.canvas.width, half.canvas.height);
    levels.push(half.canvas);
  }
  const whole = paper(SIDE, height);
  for (const level of levels.reverse()) {
    // The coarsest has to cover everything, however little of it is known.
    for (let n = level.width > 1 ? 1 : 12; n; n -= 1) whole.drawImage(level, 0, 0, SIDE, height);
  }
  return whole.canvas.toDataURL("image/jpeg", 0.9);
}

function paper(width, height) {
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.imageSmoothingQuality = "high";
  return context;
}
