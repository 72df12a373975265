// @ts-check
// Statuses in words. Stages are not listed: their statuses are recognised by their form,
// so that a pipeline with a third stage needs no change here.

/** @typedef {"queued" | "running" | "completed" | "failed" | "waiting" | "cancelled"} Group */

/** @type {ReadonlyMap<string, { words: string, group: Group }>} */
const FIXED = new Map([
  ["QUEUED", { words: "Queued", group: "queued" }],
  ["COMPLETED", { words: "Completed", group: "completed" }],
  ["FAILED", { words: "Failed", group: "failed" }],
  ["RETRY_SCHEDULED", { words: "Retry scheduled", group: "waiting" }],
  ["CANCELLED", { words: "Cancelled", group: "cancelled" }],
]);

// Asked for even before the server has named them among its counts.
const USUAL_RUNNING = ["PROCESS_1_RUNNING", "PROCESS_1_DONE", "PROCESS_2_RUNNING"];

/** The groups a reader filters by, in the order they are offered.
 * @type {ReadonlyArray<{ group: Group, words: string, always: boolean }>} */
export const GROUPS = [
  { group: "queued", words: "Queued", always: true },
  { group: "running", words: "Running", always: true },
  { group: "waiting", words: "Waiting to retry", always: false },
  { group: "completed", words: "Completed", always: true },
  { group: "failed", words: "Failed", always: true },
  { group: "cancelled", words: "Cancelled", always: false },
];

/** @param {string} status @returns {{ words: string, group: Group }} */
export function describe(status) {
  return FIXED.get(status) ?? { words: stageWords(status), group: "running" };
}

/** @param {string} status */
function stageWords(status) {
  const stage = /^PROCESS_(\d+)_(RUNNING|DONE)$/.exec(status);
  if (stage) return `Stage ${stage[1]} ${stage[2].toLowerCase()}`;
  const words = status.replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether a stage is at work in this status, as opposed to waiting for the next one.
 * @param {string} status */
export function isAtWork(status) {
  return status.endsWith("_RUNNING");
}

/**
 * The statuses to ask the server for.
 * @param {Group} group
 * @param {Iterable<string>} seen statuses the server has named
 */
export function statusesOf(group, seen) {
  const all = new Set([...FIXED.keys(), ...USUAL_RUNNING, ...seen]);
  return [...all].filter((status) => describe(status).group === group);
}
