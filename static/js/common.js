// Small things for every page: toasts, announcements, the theme, renaming.

const MAX_TOASTS = 3;
const toasts = document.getElementById("toasts");
const announcer = document.getElementById("announcer");

function fade(toast) {
  // What went wrong stays until it is closed: nobody should have to read in a hurry.
  if (toast.classList.contains("is-bad")) return;
  // "Undo" needs a decision; later it is still in the trash.
  const seconds = toast.querySelector("form:not([hidden])") ? 15 : 6;
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) return fade(toast);
    toast.classList.add("is-leaving");
    setTimeout(() => toast.remove(), 500);
  }, seconds * 1000);
}

// `key`: takes the place of an earlier toast with the same key; with `update`, only if that is still there.
function toast({ text, bad = false, url = "", undo = "", key = "", update = false }) {
  const old = key && toasts.querySelector(`[data-key="${key}"]`);
  if (update && !old) return;
  const made = old || document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  const words = made.querySelector(".toast-words");
  const link = url ? Object.assign(document.createElement("a"), { href: url, textContent: "Show" }) : words.querySelector("a");
  words.replaceChildren(text, ...(link ? [" ", link] : []));
  if (old) return;
  made.dataset.key = key;
  if (undo) {
    const form = made.querySelector("form");
    form.hidden = false;
    form.elements.at.value = undo;
  }
  made.classList.toggle("is-bad", bad);
  toasts.append(made);
  // A phone shows three without covering the page; errors stay until they are closed.
  [...toasts.querySelectorAll(".toast:not(.is-bad)")].slice(0, -MAX_TOASTS).forEach((past) => past.remove());
  fade(made);
}

toasts?.querySelectorAll(".toast").forEach(fade);

// A server says these by the header HX-Trigger, a script by an event of its own.
document.addEventListener("toast", (event) => toast(event.detail));
document.addEventListener("announce", (event) => {
  announcer.textContent = "";
  requestAnimationFrame(() => { announcer.textContent = event.detail.text; });
});

// A button that did not work must say so; a poll just tries again.
document.addEventListener("htmx:responseError", (event) => {
  const { requestConfig, xhr } = event.detail;
  const isSentence = (xhr.status < 500 || [503, 507].includes(xhr.status)) && xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  if (requestConfig.verb === "post") toast({ text: isSentence ? xhr.responseText : "That did not work. Reload the page and try again.", bad: true });
});
// A card that its own button replaced keeps the focus.
document.addEventListener("htmx:afterSettle", (event) => {
  const fresh = event.detail.elt;
  if (event.detail.requestConfig.verb === "post" && document.activeElement === document.body) fresh.querySelector("a, input:checked")?.focus();
});

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".toast").remove();
  const closer = event.target.closest("[data-close-rename]");
  if (closer) {
    const details = closer.closest("details");
    details.open = false;
    details.querySelector("summary").focus();
  }
});

// A title that is cut short can be focused, and is then shown whole.
document.querySelectorAll(".clamped").forEach((title) => { if (title.scrollHeight > title.clientHeight + 1) title.tabIndex = 0; });

// A renaming form that opens takes the focus; Escape closes it.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.rename") && event.target.open) event.target.querySelector("input[type=text]").select();
}, true);
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest?.("details.rename[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// The theme lives in a cookie, so that the server draws the next page right from the start.
const themes = document.querySelector("[data-theme-switch]");
if (themes) {
  const now = document.documentElement.dataset.theme ?? "system";
  themes.querySelector(`[value="${now}"]`).checked = true;
  themes.addEventListener("change", (event) => {
    const theme = event.target.value;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const age = theme === "system" ? 0 : 365 * 24 * 3600;
    document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax`;
  });
}

// Whoever signs in here next finds nothing of what was begun (js/video-draft.js).
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-sign-out]")) return;
  Object.keys(localStorage).filter((key) => key.startsWith("draft-")).forEach((key) => localStorage.removeItem(key));
});

// One press is enough: a form that is on its way cannot be sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  form.querySelectorAll("button[type=submit], button:not([type])").forEach((button) => button.setAttribute("aria-disabled", "true"));
});
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  });
});
