// The kiosk: one touch counts once, no step leaves the page, an abandoned kiosk starts over, and nobody ever sees the browser's own error page.
// Everything here is also a plain link or form; without this script the same pages come one after the other.
import { Idle } from "./kiosk-idle.js";
import "./kiosk-keypad.js";
import { Visits } from "./kiosk-visits.js";
import { Newest, follow } from "./live.js";

const DOUBLE_STRIKE_MS = 500; // EN 301 549, 5.8: the same touch again within this time is a trembling hand
const SAME_KEY_MS = 180; // of the keypad: a code may have a letter twice; whoever turned a mode on keeps the longer guard
const DOUBLE_STRIKE_MM = 6;
const HELP_EVERY_MS = 5_000;
const PRINTED_EVERY_MS = 1_000;
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
const { start } = document.body.dataset;
const main = () => document.getElementById("live");

const visits = new Visits({ start, shown });
const idle = new Idle({ over });
let newest = newestShown();

const freshness = follow((state) => {
  if (newest.accepts(state) && main().dataset.rev !== `${state.boot_id}/${state.rev}`) visits.changed();
});

function newestShown() {
  const [boot, rev] = (main().dataset.rev || "/-1").split("/");
  return new Newest(boot, rev);
}

/** After each page that came: the band belongs to the new page, too, and the silence begins anew. */
function shown({ quiet }) {
  newest = newestShown();
  freshness.paint();
  if (!quiet) idle.rest();
}

function over() {
  idle.stop();
  visits.startOver();
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0) return;
  const link = event.target.closest("a[href]");
  if (!link || link.origin !== location.origin) return;
  event.preventDefault();
  if (link.id === "over") over();
  else visits.go({ url: link.href });
});

document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return; // the dialogs' own
  event.preventDefault();
  visits.go({ url: event.target.action, body: new URLSearchParams(new FormData(event.target, event.submitter)) });
});

let struck = { at: -Infinity, x: 0, y: 0, key: "" };
/** Tell whether this is the last touch or key once more. */
function again({ clientX: x = 0, clientY: y = 0, key = "", target }) {
  const before = struck;
  const typing = target.closest?.("#keypad [name=press]") && document.documentElement.className === "kiosk";
  struck = { at: performance.now(), x, y, key };
  const near = (DOUBLE_STRIKE_MM / 25.4) * 96;
  return struck.at - before.at < (typing ? SAME_KEY_MS : DOUBLE_STRIKE_MS) && key === before.key && Math.hypot(x - before.x, y - before.y) < near;
}

function drop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

window.addEventListener("click", (event) => event.detail > 0 && again(event) && drop(event), { capture: true });
window.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Enter" || event.key === " ") {
      if (event.repeat || again(event)) return drop(event);
      if (event.key === " " && event.target.matches("a[href]")) {
        event.preventDefault();
        event.target.click(); // one pad key for links and buttons alike
      }
    } else if (event.key in STEPS) {
      event.preventDefault();
      step(STEPS[event.key]);
    }
  },
  { capture: true },
);

/** Move the focus to the next or the previous thing that can be touched, round and round. */
function step(by) {
  const within = document.querySelector("dialog[open]") ?? document;
  const places = [...within.querySelectorAll("a[href], button")].filter((each) => each.checkVisibility());
  const here = document.activeElement;
  let place = places.indexOf(here) + by;
  if (!places.includes(here)) {
    const next = places.findIndex((each) => here.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING);
    place = by > 0 ? next : next - 1;
  }
  places.at(place % places.length)?.focus({ focusVisible: true });
}

setInterval(() => document.querySelector("[data-printing]") && !visits.busy && visits.renew(), PRINTED_EVERY_MS);
setInterval(() => document.querySelector("[data-told]") && !visits.busy && visits.renew(), HELP_EVERY_MS);

visits.keep();
idle.rest();
