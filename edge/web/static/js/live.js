// Keeps one screen live: the broker login, the connection, the newest state, and the band that tells how old the data is.
// A heartbeat (q/v1/srv/time) is due every 3 s. What is on the screen is never called fresh after 10 s without one.
import mqtt from "../vendor/mqtt.esm.js";
import { Orders } from "./orders.js";

const STALE_MS = 10_000;
const LOST_MS = 60_000;
const SYNC_MS = 2_000; // a new connection brings the retained state at once; until then the page shows what it had
const SILENT_MS = 15_000; // a connection without heartbeats for so long is given up and built anew
const LONGEST_WAIT_MS = 10_000;
const TIME = "q/v1/srv/time";
const STATUS = "q/v1/srv/status";
const REVOKED = "revoked";

/** Which of two revs is shown: within one boot of the server the larger; another boot always wins. */
export class Newest {
  constructor(boot, rev) {
    this.boot = boot;
    this.rev = Number(rev);
  }
  accepts(state) {
    if (state.boot_id === this.boot && state.rev < this.rev) return false;
    this.boot = state.boot_id;
    this.rev = state.rev;
    return true;
  }
}

/** The age of what is shown, and the band that says so. All ages are monotonic; only the words use the wall clock. */
class Freshness {
  constructor(tz) {
    this.tz = tz;
    this.heardAt = performance.now();
    this.heardEpoch = Date.now();
    this.serverOff = false;
    this.askedAt = null; // when a new connection asked for the state, until it came; the page itself came with its data
    setInterval(() => this.paint(), 500);
  }
  heartbeat(beat) {
    this.heardAt = performance.now();
    this.heardEpoch = beat.epoch_ms;
    this.tz = beat.tz || this.tz;
    this.serverOff = false;
    this.paint();
  }
  /** The page was renewed by asking at `at` (monotonic): without a live connection, its data is of then. */
  renewed(at) {
    this.askedAt ??= Number.NEGATIVE_INFINITY; // and it is old until the state comes by message again
    if (!(at > this.heardAt)) return;
    this.heardEpoch += at - this.heardAt;
    this.heardAt = at;
  }
  /** The server's time now, by its last heartbeat. */
  now() {
    return this.heardEpoch + (performance.now() - this.heardAt);
  }
  clock(epochMs) {
    return new Intl.DateTimeFormat("ru-RU", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: this.tz }).format(epochMs);
  }
  paint() {
    const age = performance.now() - this.heardAt;
    const unanswered = this.askedAt !== null && performance.now() - this.askedAt > SYNC_MS;
    const stale = this.serverOff || unanswered || age > STALE_MS;
    const lost = age > LOST_MS;
    document.documentElement.dataset.live = lost ? "lost" : stale ? "stale" : "fresh";
    document.getElementById("band").hidden = !stale;
    document.getElementById("lost").hidden = !lost;
    if (!stale) return;
    const seconds = Math.floor(age / 1000);
    fill("time", this.clock(this.heardEpoch));
    fill("age", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  }
}

function fill(slot, text) {
  for (const place of document.querySelectorAll(`#band [data-slot=${slot}]`)) {
    if (place.textContent !== text) place.textContent = text;
  }
}

/**
 * Follow one topic: `show(state)` is called with every state that arrives; `others` are further topics with what to do with their messages.
 * Returns the freshness, whose `now()` is the server's time.
 */
export function follow(show, others = {}) {
  const { device, topic, tz } = document.body.dataset;
  const freshness = new Freshness(tz);
  let waitMs = 500;

  async function start() {
    const login = await logIn(device).catch(() => null);
    if (login === REVOKED) return location.replace(`/pair?device=${encodeURIComponent(device)}`);
    if (!login) return again();
    waitMs = Math.min(waitMs, 1_000); // the server answers; what is missing is the broker, which comes back within seconds
    connect(login);
  }

  function again() {
    setTimeout(start, waitMs * (0.75 + Math.random() / 2)); // spread, so that all screens of a hall do not come at once
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }

  function connect(login) {
    const orders = new Orders(device, topic);
    const client = mqtt.connect(login.ws_url, {
      username: login.user,
      password: login.password,
      clientId: `${login.user}-${randomHex()}`,
      protocolVersion: 5,
      clean: true,
      keepalive: 15,
      connectTimeout: 5_000,
      reconnectPeriod: 0, // a client is used once; the next one is new
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: "native", // the worker kind needs a blob: script, which the page forbids
      will: orders.will,
    });
    let over = false;
    let heardAt = performance.now();
    const watch = setInterval(() => performance.now() - heardAt > SILENT_MS && giveUp(), 1_000);
    function giveUp() {
      if (over) return;
      over = true;
      clearInterval(watch);
      client.end(true);
      again();
    }
    client.on("error", giveUp);
    client.on("close", giveUp);
    client.on("connect", () => {
      freshness.askedAt ??= performance.now();
      client.subscribe([TIME, STATUS, topic, orders.topic, ...Object.keys(others)], { qos: 1 });
      orders.attend(client);
    });
    client.on("message", (from, bytes) => {
      if (over) return;
      const message = parsed(bytes);
      if (!message) return;
      if (from === TIME) {
        heardAt = performance.now();
        waitMs = 500;
        freshness.heartbeat(message);
      } else if (from === STATUS) {
        freshness.serverOff = message.state === "offline";
        freshness.paint();
      } else if (from === orders.topic) {
        orders.take(client, message);
      } else if (from in others) {
        others[from](message);
      } else {
        freshness.askedAt = null;
        show(message);
        freshness.paint();
      }
    });
  }

  start();
  return freshness;
}

/** The broker login of this paired screen; it is kept in memory only. REVOKED: the browser is this device no more. */
async function logIn(device) {
  const answer = await fetch("/api/v1/device/mqtt", { headers: { "X-Device": device }, cache: "no-store" });
  if (answer.status === 401) return REVOKED;
  return answer.ok ? answer.json() : null;
}

function parsed(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null; // an unreadable message changes nothing; the next one will be shown
  }
}

function randomHex() {
  // crypto.randomUUID exists only on https; a hall's network has none
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
