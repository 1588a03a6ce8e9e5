// The keypad: keys write into the field at once, whoever types them, a finger, a keyboard or a scanner of QR codes. The key's place counts, not
// the letter of its layout: a scanner types as a keyboard of the United States, whatever this machine is set to.

const keypad = () => document.getElementById("keypad");
const written = () => document.getElementById("typed");

/** Return the sign of a key of the keyboard, or an empty text. */
function signOf({ code, key }) {
  const [, sign] = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(code) ?? [];
  return sign ?? (key.length === 1 ? key.toUpperCase() : "");
}

function write(sign) {
  const field = written();
  if (field.value.length < field.maxLength && keypad().dataset.keys.includes(sign)) field.value += sign;
}

function erase() {
  written().value = written().value.slice(0, -1);
}

/** A key that was touched does not take the focus: Enter, which ends a scan, must send what was typed and not touch the key once more. */
document.addEventListener("mousedown", (event) => event.target.closest("#keypad [name=press]") && event.preventDefault());

document.addEventListener("click", (event) => {
  const key = event.target.closest("#keypad [name=press]");
  if (!key || event.defaultPrevented) return;
  event.preventDefault();
  if (key.value === "erase") erase();
  else write(key.value);
});

document.addEventListener("keydown", (event) => {
  if (!keypad() || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter") {
    if (event.target.closest("a, button") && event.target.closest("main, footer")) return; // it presses what has the focus
    event.preventDefault();
    keypad().requestSubmit();
  } else if (event.key === "Backspace") {
    event.preventDefault();
    erase();
  } else if (event.key.length === 1 && event.key !== " ") {
    event.preventDefault();
    write(signOf(event));
  }
});
