/* A draft saves itself through htmx; this only says how that stands, and warns before it would be lost. */
"use strict";
(() => {
  let unsaved = false;

  const say = (text, tone) => {
    const place = document.getElementById("draft-state");
    if (!place) return;
    place.textContent = text;
    place.dataset.tone = tone;
  };
  const drafting = (event) => event.target.closest?.("form[data-draft]");
  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  document.addEventListener("input", (event) => {
    if (drafting(event) && event.target.type !== "password") { unsaved = true; say("Not saved yet", "warn"); }
  });
  /* While a reading is being typed it is only judged; it is saved, and kept, once the field is left. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (drafting(event) && event.detail.triggeringEvent?.type === "input") event.detail.parameters.set("moment", "typing");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!drafting(event) || event.detail.requestConfig?.triggeringEvent?.type === "input") return;
    if (event.detail.successful) { unsaved = false; say(`Draft saved ${clock()}`, "good"); }
    else say("Draft not saved: no answer from the server. What you typed is still here.", "bad");
  });
  document.addEventListener("submit", (event) => { if (drafting(event)) unsaved = false; });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  /* A file dropped anywhere on its field is taken as if chosen. */
  document.addEventListener("dragover", (event) => { if (event.target.closest?.(".drop")) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const field = event.target.closest?.(".drop");
    const input = field?.querySelector("input[type=file]");
    if (!input || event.target === input) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
/* One press answers a whole checklist with "pass"; each answer can still be changed. */
"use strict";
(() => {
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-all]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        let last = null;
        for (const radio of document.querySelectorAll(`input[type=radio][name^="${button.dataset.all}."][value=pass]`)) {
          if (!radio.checked) { radio.checked = true; last = radio; }
        }
        last?.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
  });
})();
