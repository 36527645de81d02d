// Starts allauth's scripts for passkeys (mfa/js/webauthn.js) on the buttons of a page, and says in a sentence what went wrong.

const SENTENCES = {
  NotAllowedError: "No passkey was used. Try again, or use another way.",
  InvalidStateError: "This device has a passkey for you already.",
  NotSupportedError: "This device cannot make a passkey like that. Try without “Sign in with it alone”.",
  SecurityError: "Browsers offer passkeys only at an address that begins with https://, and at http://localhost.",
};

document.querySelectorAll("[data-passkey]").forEach((button) => {
  const { passkey, action, credential, passwordless } = button.dataset;
  const ids = { [action]: button.id, credential, data: "passkey-data" };
  if (passwordless) ids.passwordless = passwordless;
  if (window.PublicKeyCredential) window.allauth.webauthn.forms[passkey]({ ids });
  else button.addEventListener("click", () => say("This browser has no passkeys."));
});

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  say(SENTENCES[event.detail.exception.name] ?? "That did not work. Try again, or use another way.");
});

function say(sentence) {
  const place = document.querySelector("[data-passkey-error]");
  place.textContent = sentence;
  place.hidden = false;
}
