// A screen that waits to be paired: asks for its code by itself, and looks every second whether an administrator confirmed it.
// What it then becomes the server says: the page is only fetched again.
const EVERY_MS = 1_000;
const LONGEST_WAIT_MS = 5_000;

const form = document.getElementById("ask");
let waitMs = EVERY_MS;

async function look() {
  try {
    const answer = await fetch(`${location.pathname}/state`, { cache: "no-store" });
    const word = (await answer.text()).trim();
    if (answer.ok && word !== "waiting") return location.replace(location.pathname);
    waitMs = answer.ok ? EVERY_MS : LONGEST_WAIT_MS;
  } catch {
    waitMs = LONGEST_WAIT_MS; // the box starts again; the code may be another one then
  }
  setTimeout(look, waitMs);
}

if (form) setTimeout(() => form.requestSubmit(), Number(form.dataset.after) * 1000);
else look();
