// What is being pressed must stay under the finger: a browser makes no click of a press whose element was replaced before it was let go.

const LONGEST_MS = 3_000; // some lists of choices keep to themselves that they were let go
const DOWN = ["pointerdown", "keydown"];
const UP = ["pointerup", "pointercancel", "keyup", "blur"]; // who leaves the window lets go

let down = false;
const waiting = [];

for (const sign of DOWN) addEventListener(sign, () => (down = true), { capture: true, passive: true });
for (const sign of UP) addEventListener(sign, (event) => (sign !== "blur" || event.target === window) && setTimeout(release, 0), { capture: true, passive: true });

/** Behind the click that the press became. */
function release() {
  down = false;
  for (const go of waiting.splice(0)) go();
}

/** Resolves when nothing is pressed. */
export function released() {
  if (!down) return Promise.resolve();
  return new Promise((go) => {
    waiting.push(go);
    setTimeout(go, LONGEST_MS);
  });
}
