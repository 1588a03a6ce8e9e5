// Keeps one part of a page of staff fresh by asking for it again. <div data-poll="/address">: what the address answers is put into it, but only
// when it is another text than before (ETag); the focus, opened details and the place on the page stay. Nothing outside the part is touched.
// data-every: seconds between two questions, 2 if it is not said. Each answer is told to the part as an event "heard".
// The page says when the server does not answer (#band, #lost, as live.js does) and when the login has ended (#ended).
import { released } from "./press.js";

const HIDDEN_EVERY_MS = 30_000;
const LONGEST_WAIT_MS = 10_000;
const GIVE_UP_MS = 5_000;
const STALE_MS = 10_000;
const LOST_MS = 60_000;

const part = document.querySelector("[data-poll]");
const EVERY_MS = 1_000 * Number(part.dataset.every ?? 2);
const tz = document.body.dataset.tz;
let tag = null;
let heardAt = performance.now();
let heardEpoch = Date.now();
let waitMs = EVERY_MS;
let timer;

async function ask() {
  clearTimeout(timer);
  const askedAt = performance.now();
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    const answer = await fetch(part.dataset.poll, { headers, signal, cache: "no-store", redirect: "manual" });
    const tookMs = performance.now() - askedAt;
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return end();
    if (answer.status === 200) {
      const text = await answer.text();
      await released();
      if (tag !== null || text.trim() !== part.innerHTML.trim()) swap(text);
      tag = answer.headers.get("ETag");
    } else if (answer.status !== 304) {
      throw new Error(`status ${answer.status}`);
    }
    heard(answer, tookMs);
  } catch {
    waitMs = Math.min(waitMs * 1.5, LONGEST_WAIT_MS); // the band tells how old the page is; nothing else is to be said
  }
  timer = setTimeout(ask, document.hidden ? HIDDEN_EVERY_MS : waitMs);
}

function heard(answer, tookMs) {
  waitMs = EVERY_MS;
  heardAt = performance.now();
  heardEpoch = Date.parse(answer.headers.get("Date")) || Date.now();
  paint();
  part.dispatchEvent(new CustomEvent("heard", { detail: { epochMs: heardEpoch, tookMs } }));
}

/** The login is over: say so, and leave what is typed where it is. */
function end() {
  clearInterval(painter);
  document.getElementById("ended").hidden = false;
}

/** Put the new text in; what had the focus has it again, and what was opened is open. */
function swap(text) {
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const opened = [...part.querySelectorAll("details[open]")].map((each) => each.id);
  part.innerHTML = text;
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function paint() {
  const age = performance.now() - heardAt;
  const stale = age > STALE_MS;
  const lost = age > LOST_MS;
  document.documentElement.dataset.live = lost ? "lost" : stale ? "stale" : "fresh";
  document.getElementById("band").hidden = !stale;
  document.getElementById("lost").hidden = !lost;
  if (!stale) return;
  const seconds = Math.floor(age / 1000);
  const clock = new Intl.DateTimeFormat("ru-RU", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: tz });
  fill("time", clock.format(heardEpoch));
  fill("age", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
}

function fill(slot, text) {
  for (const place of document.querySelectorAll(`#band [data-slot=${slot}]`)) {
    if (place.textContent !== text) place.textContent = text;
  }
}

const painter = setInterval(paint, 500);
document.addEventListener("visibilitychange", () => !document.hidden && ask());
ask();
