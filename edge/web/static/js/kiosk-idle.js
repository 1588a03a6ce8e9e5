// A kiosk that is left alone asks, and then starts over for the next visitor. The first page has nothing to forget, so it never asks.

const EXTEND_MS = 20_000; // WCAG 2.2.1: at least so long to say "I am still here", by one simple action

export class Idle {
  #over;
  #timer;

  constructor({ over }) {
    this.#over = over;
    for (const sign of ["pointerdown", "keydown", "wheel"]) {
      document.addEventListener(sign, () => this.#dialog.open || this.rest(), { passive: true, capture: true });
    }
    document.addEventListener("close", (event) => event.target === this.#dialog && this.rest(), { capture: true });
  }

  get #dialog() {
    return document.getElementById("idle");
  }

  /** Count the silence from now. */
  rest() {
    this.stop();
    if ("first" in document.body.dataset) return;
    this.#timer = setTimeout(() => this.#ask(), Number(document.body.dataset.ask) * 1000);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #ask() {
    this.#dialog.showModal();
    this.#timer = setTimeout(() => this.#over(), EXTEND_MS);
  }
}
