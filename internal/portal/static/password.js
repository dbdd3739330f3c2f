// Shows and hides a password. The button appears only where this runs.
"use strict";
for (const button of document.querySelectorAll("button[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  const set = (shown) => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
  };
  button.hidden = false;
  button.addEventListener("click", () => set(field.type === "password"));
  // Browsers offer to save a password, and keep no history of a text, that is hidden when it is sent.
  field.form.addEventListener("submit", () => set(false));
}
