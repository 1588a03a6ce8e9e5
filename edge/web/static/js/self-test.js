// What only the browser can tell of a box: how fast it answers here, whether the broker's port is reached, clocks, letters, screen, sound, touch.
// All words stand in the page (data-good, data-bad, …); this chooses among them. One sentence sums up the box's own tests and these.

const SLOW_ANSWER_MS = 1_000;
const SLOW_PAGE_MS = 5_000;
const SOCKET_WITHIN_MS = 5_000;
const AGAIN_MS = 60_000; // the port, while it is reached; until it is, more often
const AGAIN_FAILED_MS = 10_000;
const CLOCKS_APART_S = 60;
const NARROWEST = 320;

const part = document.querySelector("[data-poll]");
const outcome = document.getElementById("outcome");
const letters = document.querySelector(".letters").textContent;
const awaited = new Set(["answer", "socket", "letters"].filter((name) => test(name))); // nothing is said of the whole before these are done

function test(name) {
  return document.getElementById(`test-${name}`);
}

/** Put a test in a state, in its own words with `values` in their places. */
function tell(name, state, values = {}) {
  const row = test(name);
  row.dataset.state = state;
  put(row.querySelector(".says"), filled(row.dataset[state], values));
  const todo = row.querySelector(".todo");
  if (todo) todo.hidden = state === "good" || state === "none";
  awaited.delete(name);
  sumUp();
}

function put(place, text) {
  if (place.textContent !== text) place.textContent = text; // so that a screen reader hears only what is new
}

function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function titles(...states) {
  const rows = [...document.querySelectorAll(".test")].filter((row) => states.includes(row.dataset.state));
  return rows.map((row) => row.querySelector("h3").textContent).map((title) => title.charAt(0).toLowerCase() + title.slice(1));
}

function isSilent() {
  return ["stale", "lost"].includes(document.documentElement.dataset.live);
}

/** The one sentence, from all tests as they stand. */
function sumUp() {
  const wrong = isSilent() ? [outcome.dataset.silent] : titles("bad", "warn");
  const isBad = isSilent() || document.querySelector(".test[data-state=bad]");
  const isOpen = !wrong.length && awaited.size > 0;
  outcome.dataset.state = isOpen ? "none" : isBad ? "bad" : wrong.length ? "warn" : "good";
  const { testing, person, works, untried, all } = outcome.dataset;
  put(outcome.querySelector(".sentence"), isOpen ? testing : wrong.length ? filled(person, { what: wrong.join(", ") }) : works);
  const open = titles("none");
  put(outcome.querySelector(".hint"), open.length ? filled(untried, { what: open.join(", ") }) : all);
}

/** An answer of the box came: how long it took, and what its clock says. */
function answered({ epochMs, tookMs }) {
  const page = performance.getEntriesByType("navigation")[0]?.duration ?? 0;
  const isSlow = tookMs > SLOW_ANSWER_MS || page > SLOW_PAGE_MS;
  tell("answer", isSlow ? "warn" : "good", { ms: Math.round(tookMs), page: Math.round(page) });
  // the box says whole seconds, so the middle of the second is meant; its answer is half its way old
  const apart = Math.round((Date.now() - tookMs / 2 - (epochMs + 500)) / 1_000) || 0;
  tell("time", Math.abs(apart) > CLOCKS_APART_S ? "warn" : "good", { seconds: apart > 0 ? `+${apart}` : apart });
}

/** Ask the broker's port whether it speaks MQTT; that needs no login. */
function reaches(port) {
  return new Promise((done) => {
    const socket = new WebSocket(`ws://${location.hostname}:${port}/`, "mqtt");
    const timer = setTimeout(() => finish(false), SOCKET_WITHIN_MS);
    const finish = (isReached) => {
      clearTimeout(timer);
      socket.onopen = socket.onerror = socket.onclose = null;
      socket.close();
      done(isReached);
    };
    socket.onopen = () => finish(socket.protocol === "mqtt");
    socket.onerror = socket.onclose = () => finish(false);
  });
}

let socketTimer;
async function tellSocket() {
  clearTimeout(socketTimer);
  const isReached = document.hidden || (await reaches(document.body.dataset.wsPort));
  if (!document.hidden && !isSilent()) tell("socket", isReached ? "good" : "bad");
  socketTimer = setTimeout(tellSocket, isReached ? AGAIN_MS : AGAIN_FAILED_MS);
}

/** A letter that no part of the font claims loads nothing at all; `check` alone would call that good. */
async function tellLetters() {
  const family = getComputedStyle(document.querySelector(".letters")).fontFamily.split(",")[0];
  const missing = [];
  for (const letter of letters) {
    const faces = await document.fonts.load(`16px ${family}`, letter).catch(() => []);
    if (!faces.length || !document.fonts.check(`16px ${family}`, letter)) missing.push(letter);
  }
  tell("letters", missing.length ? "warn" : "good", { letters: missing.join(" ") });
}

function tellScreen() {
  const values = { width: innerWidth, height: innerHeight, ratio: Math.round(devicePixelRatio * 100) / 100 };
  tell("screen", innerWidth < NARROWEST ? "warn" : "good", values);
}

/** Two short tones, as a call has them; whether they were heard, only a person knows. */
function play() {
  const audio = new AudioContext();
  const volume = new GainNode(audio, { gain: 0.25 });
  volume.connect(audio.destination);
  for (const [place, frequency] of [660, 880].entries()) {
    const tone = new OscillatorNode(audio, { frequency });
    tone.connect(volume);
    tone.start(audio.currentTime + place * 0.25);
    tone.stop(audio.currentTime + place * 0.25 + 0.2);
    tone.onended = () => place === 1 && audio.close();
  }
  for (const id of ["heard", "unheard"]) document.getElementById(id).disabled = false;
  tell("sound", "none");
}

let touches = 0;
function touched(how, x, y) {
  const pad = document.getElementById("pad");
  const dot = pad.querySelector(".dot");
  dot.style.left = `${x}px`;
  dot.style.top = `${y}px`;
  dot.hidden = false;
  touches += 1;
  tell("touch", "good", { how: test("touch").dataset[how] ?? how, count: touches });
}

function listen() {
  const pad = document.getElementById("pad");
  document.getElementById("tone").addEventListener("click", play);
  document.getElementById("heard").addEventListener("click", () => tell("sound", "good"));
  document.getElementById("unheard").addEventListener("click", () => tell("sound", "warn"));
  pad.addEventListener("pointerdown", (event) => touched(event.pointerType, event.offsetX, event.offsetY));
  pad.addEventListener("click", (event) => event.detail === 0 && touched("key", pad.clientWidth / 2, pad.clientHeight / 2));
  for (const id of ["tone", "pad"]) document.getElementById(id).disabled = false;
  addEventListener("resize", tellScreen);
  part.addEventListener("heard", (event) => answered(event.detail));
  new MutationObserver(() => (sumUp(), test("socket") && tellSocket())).observe(part, { childList: true }); // the box's state has changed
  new MutationObserver(() => (isSilent() ? tell("answer", "bad") : sumUp())).observe(document.documentElement, { attributeFilter: ["data-live"] });
}

listen();
tellScreen();
tellLetters();
if (test("socket")) tellSocket();
