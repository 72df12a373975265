// @ts-check
// A job as the API tells it, and the rule that it is never shown going backwards.

/**
 * @typedef {object} Job
 * @property {string} job_id
 * @property {string} title
 * @property {string} status
 * @property {number} progress
 * @property {string | null} [note]
 * @property {number} attempt
 * @property {boolean} terminal
 * @property {string} submitted_at
 * @property {string} updated_at
 * @property {Step[]} [timeline] absent in the list
 * @property {JobError | null} [error]
 * @property {ResultFile[]} [result]
 * @property {Attempt[]} [attempts] absent in the list
 * @property {string | null} [due_at] when a postponed job is tried again, a held one begins
 * @property {"not before" | "window" | string | null} [held] what a job waits for that is held
 * @property {string[]} [tags]
 * @property {string} [stage] the one that said the newest state
 * @property {number} [tries] how often this attempt was postponed by its stage
 * @property {number | null} [queue_position] how many are before it in line
 * @property {number | null} [eta_seconds] to its end, where that is known
 * @property {Command | null} [command] what was asked of the job last
 *
 * @typedef {{ status: string, at: string, attempt: number, detail?: string | null }} Step
 * @typedef {{ attempt: number, steps: Step[], error?: JobError | null }} Attempt
 * @typedef {{ command_id: string, kind: string, attempt: number,
 *   state: "requested" | "accepted" | "refused" | "late", reason?: string | null }} Command
 * @typedef {{ name: string, media_type: string, size_bytes: number, href: string }} ResultFile
 * @typedef {{ topic: string, partition: number, offset: number }} Position
 * @typedef {{ stage: string, error_class: string, message: string, retry_available: boolean,
 *   dead_letter: Position | null }} JobError
 */

/**
 * What to show once `next` has arrived; `known` itself when `next` is older news.
 * The server sends nothing backwards, but a resumed connection may repeat itself.
 * @param {Job | undefined} known
 * @param {Job} next
 * @returns {Job}
 */
export function advance(known, next) {
  if (!known || next.attempt > known.attempt) return next;
  if (next.attempt < known.attempt) return known;
  if (next.terminal) return { ...next, progress: Math.max(next.progress, known.progress) };
  if (known.terminal || next.progress < known.progress) return known;
  return next;
}

/** @param {string} jobId */
export function shortId(jobId) {
  return jobId.length > 8 ? jobId.slice(0, 8) : jobId;
}

/** @param {Job} job */
export function percent(job) {
  return Math.min(100, Math.max(0, Math.round(job.progress)));
}

/** A title is what the user's file was called, and may be nothing at all. @param {Job} job */
export function titleOf(job) {
  return job.title.trim() || "Untitled";
}

/** @param {Job} job milliseconds from submission to the last change */
export function tookMs(job) {
  return Date.parse(job.updated_at) - Date.parse(job.submitted_at);
}

/** @param {string} jobId */
export function jobHref(jobId) {
  return `#/jobs/${encodeURIComponent(jobId)}`;
}

/** @param {Position} place */
export function letterHref({ topic, partition, offset }) {
  return `#/dead-letters/${encodeURIComponent(topic)}/${partition}/${offset}`;
}
