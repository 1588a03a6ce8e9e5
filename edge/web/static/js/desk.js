// The desk console: keys, a guard against repeats, and a fresh middle of the page whenever the desk changes.
// Space and Enter press the one main button; the others have a letter, in any keyboard layout (the key's place counts).
import { Newest, follow } from "./live.js";

const GUARD_MS = 500;
const KEYS = { KeyR: "recall", KeyN: "no-show", KeyF: "finish", KeyP: "pause", KeyU: "undo" };
const FIELDS = "input, select, textarea, button, a, [contenteditable]";
const middle = () => document.getElementById("middle");
const unheard = document.getElementById("unheard");
const newest = new Newest(middle().dataset.boot, middle().dataset.rev);

let actedAt = -GUARD_MS;

function press(action) {
  const button = document.getElementById(`do-${action}`);
  if (button && !button.disabled) button.click();
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const isMain = event.code === "Space" || event.code === "Enter" || event.code === "NumpadEnter";
  if (isMain && !event.target.closest(FIELDS)) {
    event.preventDefault();
    press(middle().dataset.primary);
  } else if (KEYS[event.code] && !event.target.closest("input, select, textarea, [contenteditable]")) {
    event.preventDefault();
    press(KEYS[event.code]);
  }
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "post") return;
  const now = performance.now();
  if (now - actedAt < GUARD_MS) event.preventDefault();
  else actedAt = now;
});

document.addEventListener("htmx:sendError", () => (unheard.hidden = false));
document.addEventListener("htmx:responseError", () => (unheard.hidden = false));

// An answer that was on its way for longer than a newer one must not paint over it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const [boot, rev] = (event.detail.xhr.getResponseHeader("X-Rev") || "").split("/");
  if (boot === middle().dataset.boot && Number(rev) < Number(middle().dataset.rev)) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  unheard.hidden = true;
  if (event.detail.requestConfig.verb === "post") document.getElementById(`do-${middle().dataset.primary}`)?.focus();
  expireUndo();
});

function expireUndo() {
  for (const place of document.querySelectorAll("[data-expires-s]")) {
    setTimeout(() => (place.hidden = true), Number(place.dataset.expiresS) * 1000);
  }
}

follow((state) => {
  const { boot, rev } = middle().dataset;
  const shown = state.boot_id === boot && state.rev <= Number(rev);
  if (newest.accepts(state) && !shown) htmx.trigger("#console", "hall-changed");
});
expireUndo();
