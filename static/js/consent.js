// Before the first upload of a visit people state that they may use what they add (templates/consent/_dialog.html). The
// tick is kept as long as the page is open and no longer.

const dialog = document.getElementById("consent");
const inline = document.querySelector(".consent-step [name=consent]"); // on the page of a sheet, which asks for it anyway
let given = null; // what goes along with every further file
let asking = null; // while the dialog is open

export const NOT_STATED = "Not uploaded, because the box was not ticked.";

// The fields to send with a file, or null where the dialog was cancelled. Files that come while it is open share the answer.
export function askConsent() {
  if (inline?.checked) return Promise.resolve({ consent: inline.value });
  if (given) return Promise.resolve(given);
  asking ??= new Promise((resolve) => {
    const form = dialog.querySelector("form");
    let fields = null;
    const take = () => {
      const { consent, ...details } = Object.fromEntries(new FormData(form));
      given = { consent };
      if (inline) inline.checked = true;
      fields = { consent, ...details }; // whom it shows is said of these files only
    };
    form.addEventListener("submit", take, { once: true });
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", take);
      form.reset();
      asking = null;
      resolve(fields);
    }, { once: true });
    dialog.showModal();
    form.querySelector("[name=consent]").focus();
  });
  return asking;
}

dialog?.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
