// A screen that is not paired: after some seconds it goes to its code by itself, because nobody may stand there. Whoever does can read first.
const AFTER_MS = 8_000;

setTimeout(() => location.replace(document.getElementById("to-pair").href), AFTER_MS);
