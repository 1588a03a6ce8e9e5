// The display of a desk in a browser: paints every picture it is sent, whole.
import { Newest, follow } from "./live.js";

const sign = document.getElementById("sign");
const newest = new Newest(sign.dataset.boot, sign.dataset.rev);

follow((state) => {
  if (!newest.accepts(state)) return;
  if (sign.textContent !== state.text) sign.textContent = state.text;
  sign.dataset.colour = state.colour;
  sign.dataset.blink = state.blink ? "yes" : "no";
  sign.dataset.length = String(state.text.length);
});
