// The board: paints every state it is sent, pulses a call once, runs the clock on the server's time, and fetches what the topic does not carry.
// It must run for weeks: rows are used again, one timer belongs to each purpose, and nothing listens to what may be replaced.
import { Newest, follow } from "./live.js";
import { Sound } from "./sound.js";

const PULSE_MS = 5_000;
const ANNOUNCED_MS = 20_000; // a call is news for so long; its row may come a moment later
const FACTS_EVERY_MS = 30_000;
const FACTS_PAUSE_MS = 1_000; // between two fetches, however fast the hall changes
const FACTS_AGAIN_MS = 5_000; // after a fetch that failed
const FACTS_OLD_MS = 90_000;
const LEAST_SIZE = 0.2; // of a notice that is longer than anybody would read
const SMALLER = 0.75; // a notice is rather drawn so much smaller than that a call is hidden
const SHOWN_AS = { "run-cap": "order" };

const board = document.getElementById("board");
const clock = document.getElementById("clock");
const legend = document.getElementById("legend");
const lists = { large: document.getElementById("calls"), small: document.getElementById("also") };
const next = document.getElementById("next");
const notice = document.getElementById("notice");
const said = document.getElementById("said");
const alarm = document.getElementById("alarm");
const modes = Array.from(document.querySelectorAll(".mode"));
const notices = [document.getElementById("notice-text"), document.getElementById("alarm-text")];
const newest = new Newest(board.dataset.boot, board.dataset.rev);
const { device, calls, config, silence } = document.body.dataset;

// calls

function slot(row, name) {
  return row.querySelector(`[data-slot=${name}]`);
}

function template(name) {
  return document.getElementById(name)?.content.cloneNode(true);
}

function lengthOf(desk) {
  return desk.length <= 3 ? "" : desk.length <= 6 ? "m" : desk.length <= 12 ? "s" : "xs";
}

function shownAs(reason) {
  return SHOWN_AS[reason] ?? reason;
}

function newRow(kind, call) {
  const row = template(kind).firstElementChild;
  slot(row, "number").textContent = call.ticket;
  slot(row, "desk").textContent = call.desk;
  row.dataset.length = lengthOf(call.desk);
  if (!row.dataset.length) delete row.dataset.length;
  slot(row, "reason").replaceChildren(template(`reason-${shownAs(call.reason)}`) ?? "");
  row.dataset.reason = call.reason ?? "";
  return row;
}

/** A row stands for one ticket at one desk, whatever the moment: a repaint leaves it in its place, with its pulse. */
function sync(kind, now) {
  const list = lists[kind];
  const before = new Map(Array.from(list.children, (row) => [keyOf(slot(row, "number").textContent, slot(row, "desk").textContent), row]));
  const rows = now.map((call) => {
    const key = keyOf(call.ticket, call.desk);
    const row = before.get(key) ?? newRow(kind, call);
    before.delete(key);
    row.dataset.since = call.since;
    return row;
  });
  for (const gone of before.values()) {
    endPulse(gone);
    gone.remove();
  }
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
  if (!rows.length) list.replaceChildren(); // no blanks: `:empty` decides what is said instead
}

function keyOf(number, desk) {
  return `${number}>${desk}`;
}

// the pulse

let announced = null;
const pulses = new Map(); // of each row that pulses now: the timer that ends it

/** A call or a recall was announced; nothing else ever pulses: no repaint, no undo, no restart. */
function announce(call) {
  if (announced?.id === call.call_id) return;
  announced = { id: call.call_id, key: keyOf(call.ticket, call.desk), until: performance.now() + ANNOUNCED_MS, done: false };
  pulse();
}

function pulse() {
  if (!announced || announced.done || performance.now() > announced.until) return;
  const row = Array.from(lists.large.children).find((each) => keyOf(slot(each, "number").textContent, slot(each, "desk").textContent) === announced.key);
  if (!row) return; // the state with this call is on its way
  announced.done = true;
  if (row.classList.contains("pulse")) {
    row.classList.remove("pulse");
    void row.offsetWidth; // a recall while it still pulses begins anew
  }
  row.classList.add("pulse");
  clearTimeout(pulses.get(row));
  pulses.set(row, setTimeout(endPulse, PULSE_MS, row));
}

function endPulse(row) {
  clearTimeout(pulses.get(row));
  pulses.delete(row);
  row.classList.remove("pulse");
}

// the state

function show(state) {
  fetchFacts(state.mode !== board.dataset.mode);
  if (!newest.accepts(state)) return;
  sync("large", state.now);
  sync("small", state.now);
  paintNext(state.next);
  paintLegend(state.now.map((call) => call.reason));
  notices.forEach((box) => paintTexts(box, state.notice));
  notice.hidden = !notices[0].firstChild;
  board.dataset.mode = state.mode;
  board.dataset.next = state.next.length ? "yes" : "no";
  if (state.mode !== "closed") board.dataset.emergency = "no"; // an emergency closes the hall: an open one has none
  pulse();
  fit();
}

function paintNext(numbers) {
  numbers.forEach((number, place) => {
    const item = next.children[place] ?? next.appendChild(document.createElement("li"));
    if (item.textContent !== number) item.textContent = number;
  });
  while (next.children.length > numbers.length) next.lastElementChild.remove();
  if (!numbers.length) next.replaceChildren();
}

function paintLegend(reasons) {
  const used = [...new Set(reasons.filter(Boolean).map(shownAs))].sort((a, b) => (a === "order") - (b === "order") || (a < b ? -1 : 1));
  if (Array.from(legend.children, (item) => item.dataset.reason).join() === used.join()) return;
  legend.replaceChildren(
    ...used.map((reason) => {
      const item = document.createElement("li");
      item.dataset.reason = reason;
      item.append(template(`reason-${reason}`) ?? reason);
      return item;
    }),
  );
}

/** A notice in each language that has a text of its own. */
function paintTexts(box, texts) {
  const distinct = ["ky", "ru", "kk", "en"].filter((lang, place, all) => texts[lang] && !all.slice(0, place).some((other) => texts[other] === texts[lang]));
  if (Array.from(box.children, (line) => line.lang + line.textContent).join() === distinct.map((lang) => lang + texts[lang]).join()) return;
  box.replaceChildren(
    ...distinct.map((lang) => {
      const line = document.createElement("span");
      line.lang = lang;
      line.textContent = texts[lang];
      return line;
    }),
  );
}

// what must be measured: how much room a notice takes, and how large a sentence that stands alone can be

let fitted = "";

function fit() {
  const texts = [said, legend, ...modes].map((box) => box.textContent).join();
  const { stage, mode, next, emergency } = board.dataset;
  const state = [innerWidth, innerHeight, stage, mode, next, emergency, lists.large.childElementCount, texts].join("|");
  if (state === fitted) return;
  fitted = state;
  fitNotice();
  for (const box of modes.filter(isShown)) fitText(box, 1.7);
  if (isShown(alarm)) fitText(notices[1], 3.4);
  for (const item of legend.children) item.hidden = false;
  for (const item of Array.from(legend.children)) item.hidden = item.offsetTop + item.offsetHeight > legend.offsetTop + legend.clientHeight + 2;
}

function refit() {
  fitted = "";
  fit();
}

/** A notice takes as few lines as it can; it is drawn smaller when it may take no more, or when a call would have to go for it. */
function fitNotice() {
  said.style.removeProperty("--fitted");
  board.dataset.taken = 0;
  const speaks = !notice.hidden || (board.dataset.stage !== "open" && lists.large.childElementCount);
  if (!speaks) return;
  const holds = getComputedStyle(document.documentElement).getPropertyValue("--holds").trim().split(" ").map(Number);
  const calls = lists.large.childElementCount;
  const most = holds.length - 1;
  const least = Math.max(1, holds.findLastIndex((held) => held >= calls));
  if (!takes(1, least) && !shrinks(least, SMALLER) && !takes(least, most)) shrinks(most, LEAST_SIZE);
}

function takes(from, to) {
  for (let lines = from; lines <= to; lines++) {
    board.dataset.taken = lines;
    if (fits(said)) return true;
  }
  return false;
}

function shrinks(lines, least) {
  board.dataset.taken = lines;
  if (fitText(said, 1, least)) return true;
  if (least > LEAST_SIZE) said.style.removeProperty("--fitted");
  return false;
}

function fitText(box, largest, least = LEAST_SIZE) {
  for (let size = largest; size >= least; size *= 0.96) {
    box.style.setProperty("--fitted", size.toFixed(3));
    if (fits(box)) return true;
  }
  return false;
}

/** Nothing of the text runs out of its box, nor above it when it is centred, nor to the side when a word is too long. */
function fits(box) {
  const outer = box.getBoundingClientRect();
  return Array.from(box.querySelectorAll("span")).every((line) => {
    const inner = line.getBoundingClientRect();
    if (!inner.height) return true; // of a line that is not shown
    return inner.top >= outer.top && inner.bottom <= outer.bottom + 1 && line.scrollWidth <= line.clientWidth + 1;
  });
}

function isShown(box) {
  return getComputedStyle(box).display !== "none";
}

// what the topic does not carry

let etag = "";
let factsAt = performance.now();
let factsTimer = null;
let factsAskedAt = -Infinity;
let isAskingFacts = false; // one at a time: of two answers the older could come last
let isFactsAskedAgain = false;

function fetchFacts(now) {
  clearTimeout(factsTimer);
  const pause = now ? 0 : FACTS_PAUSE_MS;
  factsTimer = setTimeout(getFacts, Math.max(0, factsAskedAt + pause - performance.now()));
}

async function getFacts() {
  isFactsAskedAgain = isAskingFacts;
  if (isAskingFacts) return;
  isAskingFacts = true;
  factsAskedAt = performance.now();
  const regular = (factsTimer = setTimeout(getFacts, FACTS_EVERY_MS));
  try {
    const answer = await fetch(`/board/${device}/side`, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (answer.status === 200) {
      paintFacts(await answer.text());
      etag = answer.headers.get("ETag") ?? "";
    }
    if (answer.status !== 200 && answer.status !== 304) throw new Error(`status ${answer.status}`);
    factsAt = performance.now();
  } catch {
    // an emergency may be in it; the band speaks of lost connections, and what is old here is hidden below
    clearTimeout(regular);
    if (factsTimer === regular) factsTimer = setTimeout(getFacts, FACTS_AGAIN_MS); // else it is asked for sooner anyway
  }
  isAskingFacts = false;
  if (isFactsAskedAgain) fetchFacts(false);
  if (performance.now() - factsAt > FACTS_OLD_MS) board.dataset.wait = "no";
}

function paintFacts(html) {
  const facts = new DOMParser().parseFromString(html, "text/html").getElementById("facts");
  if (!facts) return;
  for (const part of Array.from(facts.children)) {
    const here = document.getElementById(part.id);
    if (here && here.innerHTML !== part.innerHTML) here.replaceChildren(...document.adoptNode(part).childNodes);
  }
  const { stage, wait, emergency, edition } = facts.dataset;
  Object.assign(board.dataset, { stage, wait, emergency });
  fit();
  if (edition !== board.dataset.edition) renew(edition);
}

/** The page was made by an older server or for other sizes: load it anew, once, while nothing is being called. */
function renew(edition) {
  if (sessionStorage.getItem("renewed-for") === edition || pulses.size) return;
  sessionStorage.setItem("renewed-for", edition);
  location.reload();
}

// the voice

const unmute = document.getElementById("unmute");
const sound = new Sound(silence, (state) => {
  board.dataset.sound = state;
  if (unmute.hidden === (state !== "muted")) return;
  unmute.hidden = state !== "muted";
  refit(); // it takes a place in the last line
});

function called(call) {
  announce(call);
  sound.call(call);
}

const freshness = follow(show, { [calls]: called, [config]: (mine) => sound.set(mine.volume) });
addEventListener("resize", fit);
matchMedia("(prefers-contrast: more)").addEventListener("change", refit); // its lines are thicker
document.fonts?.ready.then(refit);
fit();
fetchFacts(false);
setInterval(() => {
  const text = freshness.clock(freshness.now());
  if (clock.textContent !== text) clock.textContent = text;
}, 1_000);
