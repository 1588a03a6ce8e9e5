// Going from page to page without leaving the page. A request that fails is sent again, the same and with the same key, until the server has
// answered: so one touch takes one ticket, whatever happens between the two.

import { released } from "./press.js";

const SLOW_MS = 1_000; // longer than this is said
const PATIENCE_MS = 10_000; // a connection that says nothing is tried anew
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 4_000;
const MODES_COOKIE = "kezek-modes";

const pathOf = (url) => new URL(url, location.href).pathname;

export class Visits {
  #start;
  #shown;
  #going = null; // the AbortController of what a touch asked for
  #renewal = null; // and of the same page asked for again, which gives way to any touch
  #outdated = false; // the hall changed while a page was on its way
  #first = null; // the first page as the server last gave it, for the time when it is away

  /** `shown({ quiet })` is called after each page that was shown. */
  constructor({ start, shown }) {
    this.#start = start;
    this.#shown = shown;
  }

  get busy() {
    return this.#going !== null;
  }

  /** Follow a link (`url`) or send a form (`url`, `body`). Does nothing while another one is on its way. */
  async go(request) {
    if (this.busy) return;
    this.#renewal?.abort();
    const going = (this.#going = new AbortController());
    const slow = setTimeout(() => this.#wait(), SLOW_MS);
    document.documentElement.dataset.busy = "";
    try {
      const answer = await this.#answered(request, going.signal);
      if (this.#going === going) this.#show(answer);
    } catch (error) {
      if (!going.signal.aborted) throw error;
    } finally {
      clearTimeout(slow);
      if (this.#going === going) this.#settle();
    }
  }

  /** The hall has changed: ask for the present page again if it shows the hall, behind what a touch asked for. */
  changed() {
    this.#outdated = this.busy;
    if (!this.busy && "renews" in document.getElementById("live").dataset) this.renew();
  }

  /** Show the present page as it is now. What does not come is asked for again: nothing else would say that the page is old. */
  async renew() {
    if (this.busy) return;
    this.#renewal?.abort();
    const renewal = (this.#renewal = new AbortController());
    const answer = await once({ url: location.href }, renewal.signal).catch(() => null);
    if (answer) await released();
    if (renewal.signal.aborted) return;
    if (answer) this.#show(answer, { quiet: true });
    else setTimeout(() => renewal.signal.aborted || this.changed(), LONGEST_WAIT_MS);
  }

  /** Forget the visit, whether the server is there or not. */
  startOver() {
    this.#going?.abort();
    this.#renewal?.abort();
    this.#outdated = false;
    this.#settle();
    document.cookie = `${MODES_COOKIE}=; Max-Age=0; Path=${this.#start}; SameSite=Strict`;
    if (!this.#first) return this.go({ url: `${this.#start}/over` });
    this.#show({ text: this.#first, url: this.#start, plain: true });
    this.renew();
  }

  /** Have the first page at hand. */
  async keep() {
    if (this.#first) return;
    const answer = await once({ url: this.#start }, AbortSignal.timeout(PATIENCE_MS)).catch(() => null);
    if (answer) this.#first ??= answer.text;
  }

  async #answered(request, signal) {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        const answer = await once(request, signal);
        if (answer) return answer;
      } catch (error) {
        if (signal.aborted) throw error;
      }
      this.#wait();
      await pause(waitMs * (0.75 + Math.random() / 2), signal); // spread: all kiosks of a hall lose the server together
      while (!(await healthy(signal))) await pause(LONGEST_WAIT_MS / 4, signal);
    }
  }

  #show({ text, url, plain }, { quiet = false } = {}) {
    const next = new DOMParser().parseFromString(text, "text/html");
    if (!next.getElementById("live")) return location.replace(this.#start); // not a page of this kiosk: unpaired meanwhile
    const path = pathOf(url);
    if (path === this.#start) this.#first = text;
    const stays = path === location.pathname;
    const focused = stays && placeOf(document.activeElement);
    const open = quiet && document.querySelector("#idle[open]");
    const scrolled = stays ? [...document.querySelectorAll("main, main [id]")].map(({ id, scrollTop }) => [id, scrollTop]) : [];
    take(next, open);
    if (plain) unset();
    for (const [id, top] of scrolled) if (top) document.getElementById(id)?.scrollTo(0, top);
    history.replaceState(null, "", path); // a kiosk has no way back to what somebody else did
    this.#shown({ quiet });
    if (open) return;
    const place = (focused && document.querySelector(focused)) || (quiet ? null : document.querySelector("h1"));
    place?.focus({ preventScroll: true });
  }

  #wait() {
    const away = document.getElementById("away");
    if (!away.open) away.showModal();
  }

  #settle() {
    this.#going = null;
    delete document.documentElement.dataset.busy;
    document.getElementById("away").close();
    if (this.#outdated) this.changed();
  }
}

/** Send one request. Returns the page and its address; null when whoever answered was not up to it. */
async function once({ url, body }, signal) {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const answer = await fetch(url, { method: body ? "POST" : "GET", body, cache: "no-store", signal: patience });
  const text = await answer.text();
  return answer.status < 500 || text.includes('id="live"') ? { text, url: answer.redirected || !body ? answer.url : location.href } : null;
}

async function healthy(signal) {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) })).ok;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

/** Put the body of another document in the place of ours; with an open dialog only what is under it. */
function take(next, dialogOpen) {
  const [root, other] = [document.documentElement, next.documentElement];
  root.lang = other.lang;
  root.className = other.className;
  root.toggleAttribute("data-theme", false);
  if (other.dataset.theme) root.dataset.theme = other.dataset.theme;
  document.title = next.title;
  for (const name of Object.keys(document.body.dataset)) delete document.body.dataset[name];
  Object.assign(document.body.dataset, next.body.dataset);
  if (dialogOpen) {
    for (const part of ["main", "footer"]) document.querySelector(part).replaceWith(next.querySelector(part));
  } else {
    document.body.replaceChildren(...next.body.childNodes);
  }
}

/** How to find what has the focus in another copy of the page. */
function placeOf(element) {
  if (element?.id) return `#${CSS.escape(element.id)}`;
  return element?.matches("h1") ? "h1" : null;
}

/** Undo the modes of a first page that was kept while they were on. */
function unset() {
  document.documentElement.className = "kiosk";
  delete document.documentElement.dataset.theme;
  document.body.dataset.first = "";
  for (const button of document.querySelectorAll("[aria-pressed]")) button.ariaPressed = "false";
}
