// What a board lets be heard: a chime for each call, then the words that the server made. One after the other, never two at once, nothing stale.
// A browser may forbid sound until somebody touches the page: that is shown, and one touch anywhere ends it. Nothing is kept from call to call.

const LONGEST_S = 6; // of one announcement
const CHIME_S = 0.8;
const GAP_S = 0.1; // between the halves
const CHIME = [
  { at: 0, hertz: 660, lasts: 0.5 },
  { at: 0.24, hertz: 528, lasts: 0.54 },
];
const CHIME_GAIN = 0.3; // as loud as the words are
const OLD_MS = 20_000; // what waited so long is not said any more
const LOADING_MS = 2_500; // then there is the chime alone

/** The voice of one board. `show(state)`: off (this board is silent), muted (the browser forbids it), on, speaking. */
export class Sound {
  constructor(probe, show) {
    this.probe = probe; // the address of a silent sound, to find out whether the browser allows any
    this.show = show;
    this.volume = null;
    this.context = null;
    this.queue = [];
    this.isBusy = false;
    this.isAsking = false;
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => this.allow());
  }

  /** 0 to 100, or null when another device of the zone speaks. */
  set(volume) {
    const was = this.volume;
    this.volume = volume;
    if (!volume) this.queue = [];
    if (volume && !was && !this.context) this.ask();
    this.tell();
  }

  /** A call: it is heard when its turn comes, unless a newer one of the same ticket takes its place. */
  call(call) {
    if (!this.volume || this.context?.state !== "running") return;
    this.queue = this.queue.filter((waiting) => waiting.ticket !== call.ticket);
    this.queue.push({ ticket: call.ticket, at: performance.now(), words: this.load(call.audio) });
    this.go();
  }

  /** Somebody touched the page: from now on the browser allows it. */
  allow() {
    if (!this.volume) return;
    this.context ??= this.open();
    if (this.context.state !== "running") this.context.resume().catch(() => {});
  }

  /** Find out without a touch: a context made before the browser allows one would complain in its console. */
  async ask() {
    this.isAsking = true;
    const allowed = await new Audio(this.probe).play().then(() => true, () => false);
    this.isAsking = false;
    if (allowed) this.context ??= this.open();
    this.tell();
  }

  open() {
    const context = new AudioContext();
    context.onstatechange = () => this.tell();
    return context;
  }

  tell() {
    const runs = this.context?.state === "running";
    this.show(!this.volume || this.isAsking ? "off" : !runs ? "muted" : this.isBusy ? "speaking" : "on");
  }

  /** The words as sounds; none when one of them cannot be had in time. Only paths of this server are asked for. */
  load(paths) {
    const all = Promise.all(
      paths.map(async (path) => {
        const answer = await fetch(new URL(path, location.href).pathname, { signal: AbortSignal.timeout(LOADING_MS) });
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
        return this.context.decodeAudioData(await answer.arrayBuffer());
      }),
    );
    return all.catch(() => []);
  }

  async go() {
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.queue.length) {
      const next = this.queue.shift();
      if (performance.now() - next.at > OLD_MS) continue;
      this.tell();
      await this.play(await next.words);
    }
    this.isBusy = false;
    this.tell();
  }

  play(words) {
    const { context } = this;
    const out = new GainNode(context, { gain: (this.volume ?? 0) / 100 });
    out.connect(context.destination);
    const begins = context.currentTime + 0.05;
    for (const tone of CHIME) ring(context, out, begins + tone.at, tone);
    let at = CHIME_S;
    for (const buffer of words) {
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(out);
      source.start(begins + at);
      source.stop(begins + LONGEST_S);
      at += buffer.duration + GAP_S;
    }
    // a timer, not the end of a sound: where the sound card is pulled out, none ends
    return new Promise((done) => {
      setTimeout(() => {
        out.disconnect();
        done();
      }, Math.min(at, LONGEST_S) * 1_000 + 100);
    });
  }
}

function ring(context, out, at, { hertz, lasts }) {
  const tone = new OscillatorNode(context, { frequency: hertz });
  const fades = new GainNode(context, { gain: 0 });
  fades.gain.setValueAtTime(0, at);
  fades.gain.linearRampToValueAtTime(CHIME_GAIN, at + 0.01);
  fades.gain.exponentialRampToValueAtTime(0.001, at + lasts);
  tone.connect(fades).connect(out);
  tone.start(at);
  tone.stop(at + lasts);
}
