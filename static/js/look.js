// What a look does to a picture: the arithmetic of videos/look.py once more, and a still of what will come out.

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

// Draw into a box of the stage's kind (templates/videos/_look_stage.html). `source`: width, height, still, cutout.
export function draw(stage, look, source, backdrop) {
  const [across, down] = canvas(look, source.width, source.height);
  stage.style.setProperty("--across", across);
  stage.style.setProperty("--down", down);
  stage.style.setProperty("--blur", `${(100 * BLUR * Math.min(across, down)) / across}cqw`);
  stage.style.background = fill(look) || (look.background === "picture" && backdrop?.colour) || "";
  show(stage.querySelector(".stage-behind"), { blur: source.still, picture: backdrop?.picture }[look.background]);
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
