// What pages do better with a script. Nothing here is needed to do the work.
(() => {
  "use strict";
  // "/" goes to the search field, unless somebody types.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = document.getElementById("find");
      if (find && find.offsetParent) {
        event.preventDefault();
        find.focus();
        find.select();
      }
    }
    if (event.key === "Escape") {
      const open = event.target.closest("details.menu[open]") || document.querySelector("details.menu[open]");
      if (open) {
        open.removeAttribute("open");
        open.querySelector("summary").focus();
      }
    }
  });

  // A menu closes when somebody goes elsewhere.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    }
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    }
  });

  // What is wrong with a form is read first.
  const faults = document.getElementById("faults");
  if (faults) faults.focus();

  // Tick or clear all boxes of a group.
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-all]");
    if (!all) return;
    for (const box of document.querySelectorAll(`input[type=checkbox][name="${all.dataset.all}"]:not(:disabled)`)) {
      box.checked = all.checked;
    }
  });

  // A grave act asks for the name typed; the button waits for it.
  for (const field of document.querySelectorAll("input[data-typed]")) {
    const button = field.form.querySelector("button.btn-grave");
    const check = () => { button.disabled = field.value.trim() !== field.dataset.typed; };
    field.addEventListener("input", check);
    check();
  }

  // What needs a script shows itself.
  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;

  // Another line of a row scope: a copy of the last one, emptied.
  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) return;
    event.preventDefault();
    const lines = more.closest("[data-lines]").querySelectorAll("[data-line]");
    const last = lines[lines.length - 1];
    const copy = last.cloneNode(true);
    for (const field of copy.querySelectorAll("input")) field.value = "";
    for (const field of copy.querySelectorAll("select")) field.selectedIndex = 0;
    last.after(copy);
    copy.querySelector("select, input").focus();
  });

  // Print.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
})();
