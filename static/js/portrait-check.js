// Whether a picture can be a portrait, as far as a browser sees before it is sent: kind and size of the file, width and
// height of the picture. The sentences are the server's (dashboard/uploads/decoder/pictures.py), which looks again.

import { tooLarge } from "./send-form.js";

// What is wrong with the file, in a sentence; empty where nothing is seen. `limits` is the dataset of a form with
// {% portrait_limits %}.
export async function checkPortrait(file, limits) {
  if (!file.size) return "This file is empty.";
  const problem = tooLarge(file, Number(limits.maxBytes));
  if (problem) return problem;
  const head = await readHead(file);
  if (head !== null && !isPicture(head)) return "This is not a picture we can read. Use a photo saved as JPEG, PNG, WebP or HEIC.";
  const size = await measure(file);
  return size ? checkSize(size, limits) : "";
}

function checkSize({ width, height }, limits) {
  const pixels = `(${width} × ${height} pixels)`;
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (width * height > Number(limits.maxPixels)) {
    return `This picture is too large ${pixels}. The limit is ${Math.floor(limits.maxPixels / 1e6)} megapixels. Make it smaller and try again.`;
  }
  if (long > Number(limits.maxAspect) * short) return `This picture is a narrow strip ${pixels}. Use a photo that shows one face.`;
  if (short < Number(limits.minSide)) return `This picture is too small ${pixels}. Both sides need at least ${limits.minSide} pixels, better 600.`;
  return "";
}

// The first bytes as a string of as many characters; null where the browser may not read the file (any more).
async function readHead(file) {
  try {
    return String.fromCharCode(...new Uint8Array(await file.slice(0, 256).arrayBuffer()));
  } catch {
    return null;
  }
}

function isPicture(head) {
  if (["\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "GIF8", "BM", "II*\0", "MM\0*"].some((magic) => head.startsWith(magic))) return true;
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return true;
  return head.slice(4, 8) === "ftyp" && /avi[fs]|hei[cmsx]|hev[cx]|mif1|msf1/.test(head.slice(8));
}

// Width and height; null for kinds that the browser cannot show, such as HEIC and TIFF: those only the server can judge.
function measure(file) {
  return new Promise((resolve) => {
    const picture = new Image();
    const done = (size) => {
      URL.revokeObjectURL(picture.src);
      resolve(size);
    };
    picture.addEventListener("load", () => done({ width: picture.naturalWidth, height: picture.naturalHeight }));
    picture.addEventListener("error", () => done(null));
    picture.src = URL.createObjectURL(file);
  });
}
