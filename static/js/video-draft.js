// What somebody has begun on the page "Make a video" is kept in this browser, for this person alone: until the video is
// made, until it is discarded, or for a week. What a link has chosen (?avatar=, ?voice=, ?look=) always wins.

import { newReference, say } from "./send-form.js";

const PREFIX = "draft-"; // js/common.js clears what begins so at sign-out
const KEPT = 7 * 24 * 3600 * 1000; // milliseconds
const MADE = /(?:^|; )video_made=([\w-]+)/; // the cookie that tells which page has become a video

const plain = (reference) => reference.replaceAll("-", "").toLowerCase();
const isMade = (reference) => plain(MADE.exec(document.cookie)?.[1] ?? "") === plain(reference);

export class VideoDraft {
  constructor(form, note) {
    Object.assign(this, { form, note, fields: form.elements, key: `${PREFIX}${form.dataset.user}-video` });
    this.removeOthers();
    note.querySelector("button").addEventListener("click", () => this.discard());
  }

  // To be called before anything else looks at what is chosen.
  restore() {
    const draft = this.read();
    if (draft && !("bound" in this.form.dataset) && this.fill(draft)) {
      this.note.hidden = false;
      say("Your draft was restored.");
    }
    for (const name of ["input", "change"]) this.form.addEventListener(name, () => this.save());
  }

  read() {
    try {
      const draft = JSON.parse(localStorage.getItem(this.key));
      if (draft && (isMade(draft.ref) || draft.at < Date.now() - KEPT)) localStorage.removeItem(this.key);
      else return draft;
    } catch { /* no storage, or somebody else's words in it */ }
    return null;
  }

  save() {
    const { ref, title, script } = this.fields;
    if (isMade(ref.value)) ref.value = newReference(); // changed after "Back": another video
    const data = new FormData(this.form);
    const look = [...data].filter(([name, value]) => name.startsWith("look-") && typeof value === "string");
    const typed = script.value === script.defaultValue ? "" : script.value; // the rest comes with its voice
    const draft = { at: Date.now(), ref: ref.value, title: title.value, script: typed, spoken: this.spoken, avatar: data.get("avatar"), voice: data.get("voice"), look };
    try {
      localStorage.setItem(this.key, JSON.stringify(draft));
    } catch { /* a browser that keeps nothing */ }
  }

  // What is typed to be said, as long as it is not a voice (js/speech-editor.js).
  get spoken() {
    const text = this.fields["typed-text"];
    if (!text?.value || "done" in text.dataset) return null;
    return { text: text.value, speaker: this.fields["typed-speaker"].value, speed: this.fields["typed-speed"].value };
  }

  // Answers whether anything on the page is another than before.
  fill(draft) {
    const linked = new URLSearchParams(location.search);
    const { title, script } = this.fields;
    const changes = [];
    if (draft.title && !title.value) changes.push(title.value = draft.title);
    if (draft.avatar && !linked.has("avatar")) changes.push(this.choose("avatar", draft.avatar));
    if (draft.voice && !linked.has("voice")) changes.push(this.choose("voice", draft.voice));
    const isSameVoice = !linked.has("voice") || !draft.voice || draft.voice === linked.get("voice");
    if (draft.script && isSameVoice && !script.value) {
      changes.push(script.value = draft.script);
      script.closest("details").open = true;
    }
    if (draft.spoken && this.fields["typed-text"]) {
      changes.push(this.fields["typed-text"].value = draft.spoken.text);
      for (const name of ["speaker", "speed"]) {
        const field = this.fields[`typed-${name}`];
        if ([...field.options].some((option) => option.value === draft.spoken[name])) field.value = draft.spoken[name];
      }
    }
    if (!linked.has("look")) changes.push(this.fillLook(draft.look));
    return changes.some(Boolean);
  }

  choose(name, value) {
    const choice = this.form.querySelector(`[name=${name}][value="${CSS.escape(value)}"]`);
    if (!choice || choice.checked) return false;
    choice.checked = true;
    choice.closest("details")?.setAttribute("open", "");
    if (name === "avatar") choice.dispatchEvent(new Event("change", { bubbles: true })); // the preview is of another one
    return true;
  }

  fillLook(look) {
    const root = this.form.querySelector("[data-look]");
    const follow = () => root.dispatchEvent(new Event("input", { bubbles: true }));
    const before = new FormData(this.form);
    const changed = look.filter(([name, value]) => name in this.fields && before.get(name) !== value);
    for (const [name, value] of changed) {
      this.fields[name].value = value;
      follow(); // how small a picture may be depends on its background
    }
    return changed.length > 0;
  }

  discard() {
    localStorage.removeItem(this.key);
    location.replace(location.href);
  }

  removeOthers() {
    try {
      Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && key !== this.key).forEach((key) => localStorage.removeItem(key));
    } catch { /* as above */ }
  }
}
