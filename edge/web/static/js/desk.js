// The desk console: keys, a guard against repeats, counting seconds, and a fresh middle of the page whenever the desk changes.
// The page is asked for anew when a message says so and every few seconds besides: what MQTT does not bring (or cannot) is seen all the same.
import { Newest, follow } from "./live.js";
import { released } from "./press.js";

const GUARD_MS = 500;
const ASK_MS = 15_000;
const ASK_ALONE_MS = 4_000; // without a live connection
const ASK_RESTED_MS = 1_000;
const ANSWER_WITHIN_MS = 5_000;
const DOUBLE_MS = 400; // a second click of the same hand: not meant for what has just opened under it
const SAID_MS = 8_000; // a sentence stays at least so long, whatever comes in between
const KEYS = {
  KeyR: "recall", KeyN: "no-show", KeyF: "finish", KeyP: "pause", KeyU: "undo",
  KeyH: "hold", KeyT: "transfer", KeyC: "cancel", KeyB: "aside", KeyW: "clerk",
};
const GONE = [400, 401, 403, 404]; // the page no longer fits: whatever it is now, the server says it
const FIELDS = "input, select, textarea, button, a, [contenteditable]";
const place = document.getElementById("console");
const panel = document.getElementById("panel");
const middle = () => document.getElementById("middle");
const newest = new Newest(middle().dataset.boot, middle().dataset.rev);

let actedAt = -GUARD_MS;
let isOpening = false; // a dialog was asked for: what is typed now is meant for it, and must not act as keys
let paintedAt = performance.now();
let openedAt = 0;
let unanswered = null; // the key of a press that the server did not answer
let said = { text: "", at: 0 };
let mark = place.dataset.mark;

/* keys */

function press(action) {
  const button = document.getElementById(`do-${action}`);
  if (button && !button.disabled) button.click();
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || panel.open || isOpening) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const isMain = event.code === "Space" || event.code === "Enter" || event.code === "NumpadEnter";
  if (isMain && event.target.closest(FIELDS)) {
    if (event.code !== "Space" || !event.target.closest("a.button")) return;
    event.preventDefault(); // what looks like a button is pressed like one
    return event.target.click();
  }
  const action = isMain ? middle().dataset.primary : event.key === "?" ? "keys" : KEYS[event.code];
  if (!action) return;
  event.preventDefault();
  press(action);
});

/* the dialog: hold, send on, cancel, pick, what was put aside */

panel.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) {
    event.preventDefault();
    panel.close();
  }
});
document.addEventListener("htmx:afterRequest", () => (isOpening = false));

function opened() {
  panel.showModal();
  openedAt = performance.now();
}

panel.addEventListener("close", () => {
  document.getElementById("panel-body").replaceChildren();
  toPrimary();
});

function toPrimary() {
  document.getElementById(`do-${middle().dataset.primary}`)?.focus();
}

/* presses */

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "post") return void (isOpening = true);
  const now = performance.now();
  const isRepeat = now - actedAt < GUARD_MS && !panel.contains(event.detail.elt); // who filled in a dialog did not press twice by mistake
  if (isRepeat || (event.detail.elt.matches("[data-chooses]") && now - openedAt < DOUBLE_MS)) event.preventDefault();
  else actedAt = now;
});

for (const failed of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failed, (event) => {
    if (GONE.includes(event.detail.xhr.status)) return location.reload();
    if (event.detail.requestConfig.verb !== "post") return unheard(true);
    unanswered = new FormData(event.detail.elt).get("key");
    unheard(true);
  });
}

/** Say that a press got no answer, where the answer would have stood, and in the dialog if it came from there. */
function unheard(is) {
  document.getElementById("unheard").hidden = !is;
  const line = middle().querySelector(".said .message");
  line.closest(".said").classList.toggle("unheard", is);
  if (!is) return void (unanswered = null);
  line.textContent = place.dataset.unheard;
  line.className = "message bad";
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target === place && isOlder(event.detail.xhr.getResponseHeader("X-Rev"))) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  const { target } = event.detail;
  if (!target) return; // painted by `paint`, not by an answer to a press
  if (target !== place) return panel.open || opened();
  unheard(false);
  mark = ""; // this page has a sentence that the next one has not
  said = { text: middle().querySelector(".message").textContent.trim(), at: performance.now() };
  panel.close();
  painted();
  toPrimary();
});

/** An answer that was on its way for longer than a newer one must not paint over it. */
function isOlder(xRev) {
  const [boot, rev] = (xRev || "").split("/");
  return boot === middle().dataset.boot && Number(rev) < Number(middle().dataset.rev);
}

/* staying fresh */

let asking = false;
let askAgain = false;
let askedAt = performance.now();

async function ask() {
  askAgain = asking;
  if (asking) return;
  asking = true;
  askedAt = performance.now();
  try {
    await renew(askedAt);
    freshness.asked = askedAt;
    document.documentElement.dataset.asked = "yes";
  } catch {
    delete document.documentElement.dataset.asked;
    if (document.documentElement.dataset.live !== "fresh") freshness.renewed(freshness.asked);
  } finally {
    asking = false;
    if (askAgain) ask();
  }
}

async function renew(at) {
  const answer = await fetch(location.pathname, {
    headers: { "HX-Request": "true", "If-None-Match": mark && `"${mark}"` },
    cache: "no-store",
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  if (GONE.includes(answer.status)) return location.reload();
  if (answer.status === 304) return;
  if (!answer.ok) throw new Error(answer.statusText);
  const html = await answer.text();
  await released();
  if (actedAt > at || isOlder(answer.headers.get("X-Rev"))) return; // a press was made meanwhile: its answer says more
  paint(html);
  mark = (answer.headers.get("ETag") || "").replaceAll('"', "");
}

/** Replace the middle; the focus, a sentence just said and the key of an unanswered press stay. */
function paint(html) {
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  const before = [middle().dataset.primary, middle().querySelector("[data-number]")?.dataset.number].join();
  htmx.swap(place, html, { swapStyle: "innerHTML" });
  const line = middle().querySelector(".message");
  if (!line.textContent.trim() && performance.now() - said.at < SAID_MS) line.textContent = said.text;
  if (focused) (document.getElementById(focused) ?? document.getElementById(`do-${middle().dataset.primary}`))?.focus();
  const after = [middle().dataset.primary, middle().querySelector("[data-number]")?.dataset.number].join();
  if (unanswered && before === after) {
    for (const key of place.querySelectorAll("input[name=key]")) key.value = unanswered;
    unheard(true);
  } else if (unanswered) {
    actedAt = performance.now(); // what the finger is about to press has changed
    unheard(false);
  }
  painted();
}

/* seconds */

function painted() {
  paintedAt = performance.now();
  count();
}

function count() {
  const passed = Math.floor((performance.now() - paintedAt) / 1000);
  for (const clock of document.querySelectorAll("[data-seconds]")) show(clock, duration(Number(clock.dataset.seconds) + passed));
  for (const rest of document.querySelectorAll("[data-left]")) {
    const left = Number(rest.dataset.left) - passed;
    if (left <= 0) rest.closest("[data-expires]").hidden = true;
    show(rest, String(Math.max(0, left)));
  }
}

function show(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function duration(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const freshness = follow((state) => {
  const { boot, rev } = middle().dataset;
  const shown = state.boot_id === boot && state.rev <= Number(rev);
  if (newest.accepts(state) && !shown) ask();
});
setInterval(() => {
  count();
  const alone = document.documentElement.dataset.live !== "fresh";
  const rest = Number(middle().dataset.rest) * 1000;
  const rested = rest && performance.now() - paintedAt > rest; // the break is over: nothing else would say so
  if (performance.now() - askedAt > (rested ? ASK_RESTED_MS : alone ? ASK_ALONE_MS : ASK_MS)) ask();
}, 500);
