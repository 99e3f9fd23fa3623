/* A scanner ends what it reads with Enter: that goes on to the next field, and never sends a half-filled form. */
"use strict";
(() => {
  const fields = (form) => [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button[type=submit]")]
    .filter((one) => !one.disabled && (one.type !== "radio" || one.checked || !form.querySelector(`input[name="${one.name}"]:checked`)));

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("form[data-scan]");
    if (!form || event.key !== "Enter" || !event.target.matches("input:not([type=password])")) return;
    event.preventDefault();
    const all = fields(form);
    const place = all.indexOf(event.target);
    const next = all.slice(place + 1).find((one) => one.name !== event.target.name);
    next?.focus();
    next?.select?.();
  });
})();
