// @ts-check
// How many dead letters there are, beside their name in the navigation and by stage and error.

import { byId, setText } from "../shared/dom.js";
import { countLetters } from "./lettersapi.js";

/** @typedef {import("./lettersapi.js").Summary} Summary */

// Every open page asks this often. Where dead letters are looked at, news of jobs ask sooner.
const EVERY_MS = 30_000;
const SOON_MS = 1_000;

/** @type {Set<(summary: Summary) => void>} */
const listeners = new Set();
let timer = 0;
let isDueAt = Infinity;

/** @param {(summary: Summary) => void} listener called with every count from now on */
export function onCount(listener) {
  listeners.add(listener);
}

/** Counts now, and from time to time from now on. */
export function countLettersNow() {
  askIn(0);
}

/** However often it is said, it is counted once a while. */
export function countLettersSoon() {
  if (Date.now() + SOON_MS < isDueAt) askIn(SOON_MS);
}

/** @param {number} ms */
function askIn(ms) {
  clearTimeout(timer);
  isDueAt = Date.now() + ms;
  timer = setTimeout(ask, ms);
}

async function ask() {
  askIn(EVERY_MS);
  if (document.hidden) return;
  try {
    tell(await countLetters(AbortSignal.timeout(EVERY_MS)));
  } catch {
    // The number stays as it was known last; the connection's own words tell of the trouble.
  }
}

/** @param {Summary} summary */
function tell(summary) {
  const node = byId("letters-count");
  setText(node, summary.total.toLocaleString());
  node.hidden = summary.total === 0;
  for (const listener of listeners) listener(summary);
}
