// What a screen says of itself, and what it is told to do (`cmd`): show itself, load anew, say again what it is.
const SHOWN_MS = 10_000;
const STILL_HERE_MS = 60_000; // "last seen" of a screen that nobody touches; and of two pages of one device, the one that stays speaks last
const LONGEST = 256; // characters of a text field

export class Orders {
  constructor(device, shows) {
    this.device = device;
    this.kind = document.body.dataset.kind ?? shows.split("/")[2]; // q/v1/<kind>/…
    this.bootId = Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.topic = this.#of("cmd");
  }
  /** What the broker says for this screen when it vanishes. */
  get will() {
    return { topic: this.#of("status"), payload: this.#status("lost"), qos: 1, retain: true };
  }
  /** Say so once a minute while `client` is connected. */
  attend(client) {
    this.announce(client);
    const timer = setInterval(() => this.#ready(client), STILL_HERE_MS);
    client.on("close", () => clearInterval(timer));
  }
  announce(client) {
    this.#ready(client);
    const about = { v: 1, ts: null, kind: this.kind, model: navigator.userAgent.slice(0, LONGEST), caps: ["identify", "reload", "re-announce"] };
    client.publish(this.#of("about"), JSON.stringify(about), { qos: 1, retain: true });
  }
  take(client, order) {
    const deed = { identify: () => show(this.device), "re-announce": () => this.announce(client), reload: () => setTimeout(() => location.reload(), 500) }[order.op];
    const reply = { v: 1, ts: null, cmd_id: order.cmd_id, result: deed ? "ok" : "unsupported", detail: null };
    client.publish(this.#of("reply"), JSON.stringify(reply), { qos: 1, properties: { messageExpiryInterval: 60 } });
    deed?.();
  }
  #ready(client) {
    client.publish(this.#of("status"), this.#status("ready"), { qos: 1, retain: true });
  }
  #of(name) {
    return `q/v1/dev/${this.device}/${name}`;
  }
  #status(state) {
    return JSON.stringify({ v: 1, ts: null, state, boot_id: this.bootId, fw: null });
  }
}

/** Lay the screen's own name over it for some seconds. Its stylesheet is fetched when it is wanted: no page waits for it. */
function show(name) {
  document.getElementById("identify")?.remove();
  if (!document.getElementById("identify-style")) document.head.append(style());
  const sheet = document.createElement("div");
  sheet.id = "identify";
  sheet.className = "identify";
  sheet.setAttribute("role", "status");
  sheet.dataset.layer = ""; // it lies over the page on purpose
  sheet.translate = false;
  sheet.textContent = name;
  document.body.append(sheet);
  setTimeout(() => sheet.remove(), SHOWN_MS);
}

function style() {
  const link = document.createElement("link");
  link.id = "identify-style";
  link.rel = "stylesheet";
  link.href = new URL("../css/identify.css", import.meta.url).href;
  return link;
}
