// @ts-check
// Where the jobs submitted on this page lie, so that the first look at one waits until the
// status service has read it instead of calling it unknown.

/** @type {Map<string, string>} job id -> "partition:offset" */
const submissions = new Map();

/** @param {string} jobId @param {import("./job.js").Position | undefined} position */
export function rememberSubmission(jobId, position) {
  if (position) submissions.set(jobId, `${position.partition}:${position.offset}`);
}

/** @param {string} jobId */
export function submissionOf(jobId) {
  return submissions.get(jobId);
}
