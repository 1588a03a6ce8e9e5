// The kiosk: what is open stays true while the page stands, one touch counts once, and an abandoned page starts over.
import { Newest, follow } from "./live.js";

const ASK_MS = 25_000;
const EXTEND_MS = 20_000; // WCAG 2.2.1: at least so long to say "I am still here"
const live = () => document.getElementById("live");
const [boot, rev] = (live().dataset.rev || "/-1").split("/");
const newest = new Newest(boot, rev);
const idle = document.getElementById("idle");
const { start } = document.body.dataset;

let sent = false;
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (sent) event.preventDefault(); // a double tap; without this script the form's key does the same
  sent = true;
});

follow((state) => {
  const shown = live().dataset.rev === `${state.boot_id}/${state.rev}`;
  if (!newest.accepts(state) || shown || sent) return;
  htmx.trigger("#live", "hall-changed");
});

if (location.pathname !== start) {
  let timer;
  const rest = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, ASK_MS);
  };
  const ask = () => {
    idle.showModal();
    timer = setTimeout(() => location.assign(start), EXTEND_MS);
  };
  idle.addEventListener("close", rest);
  for (const sign of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(sign, () => idle.open || rest(), { passive: true });
  }
  rest();
}
