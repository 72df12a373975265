// @ts-check
// What a screen reader is told without being asked: the end of the reader's own jobs.

import { byId } from "../shared/dom.js";
import { countLettersSoon } from "../letters/tally.js";
import { titleOf } from "../shared/job.js";
import { describe } from "../shared/statuses.js";

/** @typedef {import("../shared/job.js").Job} Job */

/** @type {Set<string>} jobs submitted or looked at here; everybody's jobs would be noise */
const awaited = new Set();

/** @param {string} jobId */
export function awaitEnd(jobId) {
  awaited.add(jobId);
}

/** @param {Job} job */
export function announceEnd(job) {
  if (!job.terminal || !awaited.delete(job.job_id)) return;
  byId("announcer").textContent = `${titleOf(job)}: ${describe(job.status).words.toLowerCase()}.`;
  if (describe(job.status).group === "failed") countLettersSoon();
}
