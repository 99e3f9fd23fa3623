/* A draft saves itself through htmx; this says how that stands, keeps what no server took, and warns before a loss. */
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

  /* What no server took is kept here, for the same person, device and test only, and for three days at most.
     Files, secrets and what is not typed are never kept. */
  const DAYS = 3 * 24 * 3600 * 1000, RETRY = 15000, HERE = "kilter-draft:";
  const NEVER = ["csrfmiddlewaretoken", "version", "draft", "act"];
  const keyOf = (form) => HERE + [form.dataset.by, form.device?.value, form.protocol?.value, form.supersedes?.value ?? ""].join(":");
  const typedIn = (form) => [...new FormData(form)].filter(([name, value]) =>
    typeof value === "string" && !NEVER.includes(name) && form.querySelector(`[name="${CSS.escape(name)}"]`)?.type !== "password");
  const stored = (act) => { try { return act(localStorage); } catch { return null; } };
  const keep = (form) => stored((box) => box.setItem(keyOf(form), JSON.stringify({ at: Date.now(), typed: typedIn(form) })));
  const forget = (form) => stored((box) => box.removeItem(keyOf(form)));
  const kept = (form) => stored((box) => JSON.parse(box.getItem(keyOf(form)) ?? "null"));
  const send = () => {
    const form = document.querySelector("form[data-draft]");
    if (form && unsaved && kept(form)) form.dispatchEvent(new Event("change", { bubbles: true }));
  };
  addEventListener("online", send);
  setInterval(send, RETRY);

  const putBack = (form, typed) => {
    for (const [name, value] of typed) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.type === "radio" || field.type === "checkbox") field.checked ||= field.value === value;
        else if (field.type !== "hidden" && field.type !== "file") field.value = value;
      }
    }
    unsaved = true;
    form.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const offer = (form) => {
    const found = kept(form), place = document.getElementById("kept-here");
    if (!found || !place) return;
    place.querySelector("[data-at]").textContent = new Date(found.at).toLocaleString();
    place.hidden = false;
    place.querySelector("[data-back]").addEventListener("click", () => { place.hidden = true; putBack(form, found.typed); });
    place.querySelector("[data-forget]").addEventListener("click", () => { place.hidden = true; forget(form); });
  };
  document.addEventListener("DOMContentLoaded", () => {
    stored((box) => {
      for (const key of Object.keys(box).filter((one) => one.startsWith(HERE))) {
        if (!(JSON.parse(box.getItem(key))?.at > Date.now() - DAYS)) box.removeItem(key);
      }
    });
    const form = document.querySelector("form[data-draft]");
    if (form) offer(form);
  });

  document.addEventListener("input", (event) => {
    if (drafting(event) && event.target.type !== "password") { unsaved = true; say("Not saved yet", "warn"); }
  });
  /* A PIN or password changes no reading. Left for the button that signs, it would save the draft once more, and
     the signature would meet a version that it does not know. */
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      if (drafting(event) && event.target.type === "password") event.stopPropagation();
    }, true);
  }
  /* While a reading is being typed it is only judged; it is saved, and kept, once the field is left. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (drafting(event) && event.detail.triggeringEvent?.type === "input") event.detail.parameters.set("moment", "typing");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!drafting(event) || event.detail.requestConfig?.triggeringEvent?.type === "input") return;
    if (event.detail.successful) { unsaved = false; forget(drafting(event)); say(`Draft saved ${clock()}`, "good"); return; }
    keep(drafting(event));
    say("Draft not saved: no answer from the server. It is kept on this machine and sent when there is one.", "bad");
  });
  /* Whoever signs while the draft is still being saved signs what is saved then: the signature waits for its answer. */
  let saving = 0, button = null;
  document.addEventListener("htmx:beforeSend", (event) => { if (drafting(event)) saving += 1; });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = drafting(event);
    if (!form) return;
    saving = Math.max(0, saving - 1);
    if (saving || !button) return;
    const pressed = button;
    button = null;
    form.requestSubmit(pressed);
  });
  document.addEventListener("submit", (event) => {
    if (!drafting(event)) return;
    if (saving && event.submitter) { event.preventDefault(); button = event.submitter; say("Saving first", "warn"); return; }
    unsaved = false;
  });
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
