// The account page: whether this browser shows notifications on the desktop (ready-notifications.js shows them).

const box = document.getElementById("desktop-notifications");
const help = document.getElementById("desktop-help");
const key = `desktop-${document.body.dataset.person}`;
const SECURE = "Your browser shows notifications only over https, or on the machine of this site itself.";
const DENIED = "Your browser does not allow notifications of this site. Allow them in its settings, then tick this again.";

if (!("Notification" in globalThis) || !isSecureContext) help.textContent = SECURE;
else {
  box.disabled = false;
  box.checked = Boolean(localStorage.getItem(key)) && Notification.permission === "granted";
  box.addEventListener("change", async () => {
    localStorage.removeItem(key);
    if (!box.checked) return;
    if (await Notification.requestPermission() === "granted") {
      localStorage.setItem(key, "yes");
      help.textContent = "Saved for this device.";
    } else {
      box.checked = false;
      help.textContent = DENIED;
    }
  });
}
