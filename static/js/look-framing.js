// Which part of a picture shows the face well: videos/looks/framing.py once more, held to the same table of cases.

const EYES = 0.4;
const LOWEST_EYES = 0.48;
const [ABOVE, BELOW, BESIDE] = [0.08, 0.15, 0.04];
const SMALLEST_HEAD = 0.36;

const between = (value, least, most) => Math.min(Math.max(value, least), most);

// For an avatar of whom nothing is known: a head in the upper half, as nearly every portrait has it.
export function guess(width, height) {
  const side = Math.min(height, 1.4 * width);
  const [headWidth, headHeight, top] = [0.4 * side, 0.46 * side, 0.05 * side];
  return {
    eyes: [0.5, (top + 0.55 * headHeight) / height],
    head: [0.5 - headWidth / 2 / width, top / height, headWidth / width, headHeight / height],
    cuts: [0.8, 0.8],
  };
}

// What a canvas of this shape (width / height) shows of the picture, in its pixels; it may stick out of it.
export function view(framing, width, height, shape, covers) {
  const head = measure(framing, width, height);
  const least = Math.max(head.chin - head.top, (head.right - head.left) / shape);
  const most = Math.max(head.height / (SMALLEST_HEAD * Math.min(shape, 1)), least);
  if (covers) {
    const fits = Math.max(least, (head.eyes - head.top) / LOWEST_EYES);
    const largest = Math.min(height, width / shape);
    if (fits <= largest) return lay(head, Math.max(Math.min(largest, most), fits), shape, height);
  }
  const first = lay(head, tall(head, most, least, height), shape, height);
  const bottom = hiddenBelow(head, first, framing.cuts);
  return lay(head, tall(head, most, least, bottom), shape, bottom);
}

function measure(framing, width, height) {
  const [x, y, w, h] = framing.head;
  return {
    width,
    picture: height,
    height: h * height,
    middle: (x + w / 2) * width,
    eyes: framing.eyes[1] * height,
    top: Math.max((y - ABOVE * h) * height, 0),
    chin: Math.min((y + h + BELOW * h) * height, height),
    left: Math.max((x - BESIDE * w) * width, 0),
    right: Math.min((x + w + BESIDE * w) * width, width),
  };
}

function tall(head, most, least, bottom) {
  const wanted = Math.min(most, bottom, (bottom - head.eyes) / (1 - EYES), head.eyes / EYES);
  const showsHair = Math.min((head.eyes - head.top) / EYES, bottom - head.top);
  return Math.max(wanted, showsHair, least);
}

function hiddenBelow(head, shown, cuts) {
  const left = shown.x < -0.5 ? cuts[0] * head.picture : head.picture;
  const right = shown.x + shown.width > head.width + 0.5 ? cuts[1] * head.picture : head.picture;
  const highest = head.top + (head.eyes - head.top) / LOWEST_EYES;
  return Math.min(Math.max(Math.min(left, right), highest, head.chin), head.picture);
}

function lay(head, high, shape, bottom) {
  const wide = high * shape;
  let y = head.picture - high;
  if (high < head.picture) {
    y = Math.min(Math.max(head.eyes - EYES * high, head.chin - high), head.top, bottom - high);
    y = between(y, 0, head.picture - high);
  }
  const room = head.width - wide;
  const x = between(head.middle - wide / 2, Math.min(room, 0), Math.max(room, 0));
  return { x, y, width: wide, height: high };
}
