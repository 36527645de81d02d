// A video's page: the menu of formats, and formats that are made on request. Whatever was asked for in this tab is
// downloaded as soon as it is made, also after a reload.

const KEY = `downloads ${location.pathname}`;
const wanted = new Set(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
const remember = () => sessionStorage.setItem(KEY, JSON.stringify([...wanted]));
const menu = () => document.getElementById("formats");
const isFloating = () => getComputedStyle(document.querySelector(".formats-menu")).position === "absolute";

function close() {
  menu().open = false;
  menu().querySelector("summary").focus({ preventScroll: true });
}

document.addEventListener("submit", (event) => {
  const key = event.target.dataset.download;
  if (!key) return;
  wanted.add(key);
  remember();
  // The progress is shown below the button; the row that was pressed is about to be another one.
  if (event.target.closest(".formats-menu")) close();
});

// A link of its own for each file: two navigations at the same time would cancel each other.
function save(key, address) {
  wanted.delete(key);
  remember();
  const link = Object.assign(document.createElement("a"), { href: address, download: "" });
  document.body.append(link);
  link.click();
  link.remove();
}

function saveReady() {
  for (const link of document.querySelectorAll("[data-ready]")) if (wanted.has(link.dataset.ready)) save(link.dataset.ready, link.href);
}

document.addEventListener("htmx:afterSettle", saveReady);
// The page was loaded anew meanwhile: what is made by now is in the menu, what could not be made is no longer waited for.
for (const key of [...wanted]) {
  const link = document.querySelector(`#format-${key} > a`);
  if (link) save(key, link.href);
  else if (!document.querySelector(`#preparing-${key}:not([hidden])`)) wanted.delete(key);
}
remember();

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu()?.open && menu().contains(event.target)) close();
});
for (const type of ["pointerdown", "focusin"]) {
  document.addEventListener(type, (event) => {
    if (menu()?.open && isFloating() && !menu().contains(event.target)) menu().open = false;
  });
}
document.addEventListener("click", (event) => {
  if (event.target.closest(".formats-menu a") && isFloating()) close();
});
