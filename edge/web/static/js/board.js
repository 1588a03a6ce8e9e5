// The board: paints every state it is sent, pulses a new call once, and runs the clock on the server's time.
import { Newest, follow } from "./live.js";

const PULSE_MS = 5_000;
const board = document.getElementById("board");
const calls = document.getElementById("calls");
const next = document.getElementById("next");
const clock = document.getElementById("clock");
const rowTemplate = document.getElementById("row");
const newest = new Newest(board.dataset.boot, board.dataset.rev);

let known = new Set(Array.from(calls.children, (row) => keyOf(slot(row, "number").textContent, row.dataset.since)));

/** A recall is a call again: the same number at a later moment. */
function keyOf(number, since) {
  return `${number}@${since}`;
}

function slot(row, name) {
  return row.querySelector(`[data-slot=${name}]`);
}

function rowOf(call) {
  const row = rowTemplate.content.firstElementChild.cloneNode(true);
  slot(row, "number").textContent = call.ticket;
  slot(row, "desk").textContent = call.desk;
  const reason = document.getElementById(`reason-${call.reason}`);
  if (reason) slot(row, "reason").replaceChildren(reason.content.cloneNode(true));
  return row;
}

function show(state) {
  if (!newest.accepts(state)) return;
  const rows = state.now.map((call) => {
    const row = rowOf(call);
    if (!known.has(keyOf(call.ticket, call.since))) pulse(row);
    return row;
  });
  calls.replaceChildren(...rows);
  calls.dataset.rows = Math.min(Math.max(rows.length, Number(board.dataset.least)), Number(board.dataset.most));
  next.replaceChildren(...state.next.map(numberItem));
  board.dataset.mode = state.mode;
  known = new Set(state.now.map((call) => keyOf(call.ticket, call.since)));
}

function pulse(row) {
  row.classList.add("pulse");
  setTimeout(() => row.classList.remove("pulse"), PULSE_MS);
}

function numberItem(number) {
  const item = document.createElement("li");
  item.textContent = number;
  return item;
}

const freshness = follow(show);
setInterval(() => {
  const text = freshness.clock(freshness.now());
  if (clock.textContent !== text) clock.textContent = text;
}, 1_000);
