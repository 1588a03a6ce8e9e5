// Keeps a visitor's page fresh while it is open and tells of the moments that matter. Without it the page renews itself.
const at = (id) => document.getElementById(id);
const bell = at("bell");
let tag, sound, timer, said = at("ticket").dataset.say, saidAt = Date.now();

function ring() {
  navigator.vibrate?.([300, 150, 300]);
  if (!sound) return;
  [660, 880].forEach((pitch, index) => {
    const tone = new OscillatorNode(sound, { frequency: pitch });
    const start = sound.currentTime + index * 0.35;
    tone.connect(sound.destination);
    tone.start(start);
    tone.stop(start + 0.3);
  });
}

function say({ say: text, stirring }) {
  if (text === said) return;
  const urgent = stirring === "called";
  if (!urgent && Date.now() - saidAt < 30000) return; // nobody is talked down: a later look says it
  said = text;
  saidAt = Date.now();
  at(urgent ? "urgent" : "polite").textContent = text;
}

function show(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const old = at("ticket");
  const fresh = next.getElementById("ticket");
  if (!fresh) return;
  const focused = document.activeElement?.id;
  old.replaceWith(document.adoptNode(fresh));
  document.title = next.title;
  if (focused && document.activeElement?.id !== focused) at(focused)?.focus();
  const { stirring } = fresh.dataset;
  if (stirring && stirring !== old.dataset.stirring) ring();
  if (fresh.dataset.say) say(fresh.dataset);
}

async function look() {
  clearTimeout(timer);
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), 8000);
  const old = at("old");
  try {
    const answer = await fetch(location.href, { cache: "no-cache", signal: stop.signal });
    if (answer.status > 404) throw answer;
    if (!tag || answer.headers.get("ETag") !== tag) show(await answer.text());
    tag = answer.headers.get("ETag");
    old.hidden = true;
  } catch {
    old.querySelector("[data-slot=time]").textContent = at("ticket").dataset.at;
    old.hidden = false;
  }
  clearTimeout(late);
  plan();
}

function plan() {
  clearTimeout(timer);
  const { again } = at("ticket").dataset;
  at("bell-line").hidden = !again;
  if (again) timer = setTimeout(look, document.hidden ? 60000 : 10000 + Math.random() * 5000);
}

bell.onclick = () => {
  sound ??= new AudioContext();
  sound.resume();
  ring();
  bell.ariaPressed = "true";
  bell.lastElementChild.textContent = bell.dataset.on;
};
document.addEventListener("visibilitychange", () => (document.hidden ? plan() : look()));
addEventListener("online", look);
plan();
