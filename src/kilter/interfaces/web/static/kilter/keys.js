/* Keyboard shortcuts. Links and fields name their own key (data-key); `?` shows the list of them all. */
"use strict";
(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
  const keyed = () => [...document.querySelectorAll("[data-key]")];
  let waiting = "";

  const act = (element) => {
    if (element.matches("input, textarea, select")) { element.focus(); element.select?.(); }
    else element.click();
  };

  const fill = (list) => {
    list.replaceChildren();
    const rows = keyed().map((element) => [element.dataset.key, element.dataset.keyWord || element.textContent.trim()]);
    for (const [key, word] of [...rows, ["?", "Show or close this list"]]) {
      const term = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      term.append(kbd);
      const meaning = document.createElement("dd");
      meaning.textContent = word;
      list.append(term, meaning);
    }
  };

  const toggleList = () => {
    const dialog = document.getElementById("keys");
    if (!dialog) return;
    if (dialog.open) { dialog.close(); return; }
    fill(dialog.querySelector("dl"));
    dialog.showModal();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) return;
    if (event.key === "?") { event.preventDefault(); toggleList(); return; }
    const pressed = waiting ? `${waiting} ${event.key}` : event.key;
    waiting = "";
    const found = keyed().find((element) => element.dataset.key === pressed);
    if (found) { event.preventDefault(); act(found); return; }
    if (keyed().some((element) => element.dataset.key.startsWith(`${event.key} `))) {
      waiting = event.key;
      setTimeout(() => { waiting = ""; }, 1500);
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) toggleList();
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-show-keys]")) button.hidden = false;
  });
})();
