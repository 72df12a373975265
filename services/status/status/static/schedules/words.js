// @ts-check
// Kinds of rules in words: what each does, and what its buttons are called.

/** @typedef {import("./schedulesapi.js").Rule} Rule */
/** @typedef {import("./schedulesapi.js").Run} Run */

/**
 * @typedef {object} Kind
 * @property {string} words
 * @property {string} run what the button is called that has it act now
 * @property {string} [stop] what the button is called that ends it
 * @property {boolean} [walks] whether it walks over jobs, so that these can be counted first
 * @property {boolean} [final] whether what it does cannot be taken back: it is counted first
 */

/** @type {ReadonlyMap<string, Kind>} */
const KINDS = new Map([
  ["rerun", { words: "Tries again", run: "Try all again now", stop: "Stop" }],
  ["release", { words: "Begins later", run: "Begin all now", stop: "Stop" }],
  ["window", { words: "Window", run: "Open now", stop: "Close" }],
  ["submit", { words: "Submits", run: "Submit now" }],
  ["reprocess", { words: "Runs again", run: "Run now", stop: "Stop", walks: true }],
  ["forget", { words: "Forgets", run: "Run now", stop: "Stop", walks: true, final: true }],
  ["trim", { words: "Trims", run: "Run now", stop: "Stop", walks: true }],
]);

/** @param {string} kind @returns {Kind} */
export function kindOf(kind) {
  return KINDS.get(kind) ?? { words: kind, run: "Run now", stop: "Stop" };
}

/** @param {Rule} rule */
export function isAtWork({ run }) {
  return Boolean(run && !run.finished_at);
}

/** A count that is over and was not followed yet by what was counted. @param {Rule} rule */
export function wasCounted({ run }) {
  return Boolean(run?.dry && run.finished_at);
}

/** @param {Run} run */
export function runWords(run) {
  const found = `${run.matched.toLocaleString()} found`;
  const sent = `${run.sent.toLocaleString()} of ${run.matched.toLocaleString()} sent`;
  if (run.finished_at) return run.dry ? `Counted: ${found}.` : `Done: ${sent}.`;
  const part = Math.round((100 * run.position) / Math.max(1, run.end));
  const doing = run.dry ? `Counting: ${found}` : `Under way: ${sent}`;
  return `${doing}, ${Math.min(100, part)} % looked at.`;
}

/** @param {number} count */
export function jobs(count) {
  return count === 1 ? "1 job" : `${count.toLocaleString()} jobs`;
}
