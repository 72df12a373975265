// @ts-check
// Statuses in words. Stages are not listed: their statuses are recognised by their form,
// so that a pipeline with a third stage needs no change here.

/** @typedef {"queued" | "running" | "completed" | "failed" | "waiting" | "cancelled" |
 *   "scheduled"} Group */

/** @type {ReadonlyMap<string, { words: string, group: Group }>} */
const FIXED = new Map([
  ["QUEUED", { words: "Queued", group: "queued" }],
  ["COMPLETED", { words: "Completed", group: "completed" }],
  ["FAILED", { words: "Failed", group: "failed" }],
  ["RETRY_SCHEDULED", { words: "Retry scheduled", group: "waiting" }],
  ["SCHEDULED", { words: "Scheduled", group: "scheduled" }],
  ["CANCELLED", { words: "Cancelled", group: "cancelled" }],
]);

/** @param {string} name of a meta element that lists words @returns {string[]} */
function declared(name) {
  const meta = document.querySelector(`meta[name="${name}"]`);
  return (meta?.getAttribute("content") ?? "").split(" ").filter(Boolean);
}

// All that the pipeline declares, as the server wrote them into the page: asked for even before
// a job has been counted in them.
const DECLARED = declared("headway-statuses");
/** The stages, in order. */
export const STAGES = declared("headway-stages");

/** The groups a reader filters by, in the order they are offered.
 * @type {ReadonlyArray<{ group: Group, words: string, always: boolean }>} */
export const GROUPS = [
  { group: "queued", words: "Queued", always: true },
  { group: "running", words: "Running", always: true },
  { group: "waiting", words: "Waiting to retry", always: false },
  { group: "scheduled", words: "Scheduled", always: false },
  { group: "completed", words: "Completed", always: true },
  { group: "failed", words: "Failed", always: true },
  { group: "cancelled", words: "Cancelled", always: false },
];

/** @param {string} status @returns {{ words: string, group: Group }} */
export function describe(status) {
  return FIXED.get(status) ?? { words: stageWords(status), group: "running" };
}

/** As errors and banners say it: "Process 2 timed out".
 * @param {string} status */
function stageWords(status) {
  const stage = /^PROCESS_(\d+)_(RUNNING|DONE)$/.exec(status);
  if (stage) return `Process ${stage[1]} ${stage[2].toLowerCase()}`;
  const words = status.replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What people call a stage: p2 is Process 2. @param {string} stage */
export function stageLabel(stage) {
  return stage.replace(/^p(\d+)$/, "Process $1");
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
  const all = new Set([...DECLARED, ...seen]);
  return [...all].filter((status) => describe(status).group === group);
}
