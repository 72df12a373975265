// @ts-check
// One submission over the wire. XMLHttpRequest, because fetch tells no upload progress.

import { SUBMIT_URL } from "../shared/gateway.js";
import { Problem, problemFrom } from "../shared/problem.js";

/**
 * @typedef {object} Submission
 * @property {File} file
 * @property {string} delimiter "" = let the service detect it
 * @property {string} notBefore when it may begin, RFC 3339; "" = at once
 * @property {string} tags parted by commas
 * @property {string} key the same for every try of the same file, so that it becomes one job
 *
 * @typedef {{ job_id: string, position?: import("../shared/job.js").Position }} Accepted
 */

// What the services take by default; used only to word a guess.
const USUAL_LIMIT_BYTES = 100_000_000;

/**
 * @param {Submission} submission
 * @param {(fraction: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<Accepted>} rejects with a Problem
 */
export function upload(submission, onProgress, signal) {
  const request = new XMLHttpRequest();
  request.open("POST", SUBMIT_URL);
  request.setRequestHeader("Idempotency-Key", submission.key);
  request.setRequestHeader("Accept", "application/json, application/problem+json");
  request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total));
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => settle(request, resolve, reject));
    request.addEventListener("error", () => reject(lost(submission.file)));
    request.addEventListener("abort", () => reject(new Problem(0, "Cancelled.")));
    request.send(form(submission));
  });
}

/** @param {Submission} submission */
function form({ file, delimiter, notBefore, tags }) {
  const data = new FormData();
  // Before the file, so that a streaming reader knows them when the file begins.
  if (delimiter) data.append("delimiter", delimiter);
  if (notBefore) data.append("not_before", notBefore);
  if (tags) data.append("tags", tags);
  data.append("file", file, file.name);
  return data;
}

/**
 * @param {XMLHttpRequest} request
 * @param {(accepted: Accepted) => void} resolve
 * @param {(problem: Problem) => void} reject
 */
function settle(request, resolve, reject) {
  if (request.status !== 202) return reject(problemFrom(request.status, request.responseText));
  try {
    resolve(JSON.parse(request.responseText));
  } catch {
    reject(new Problem(0, "The answer of the gateway cannot be read."));
  }
}

/** @param {File} file */
function lost(file) {
  const words = "The file did not arrive: the gateway cannot be reached or broke off.";
  const guess = " Files over 100 MB are usually refused; this one may be too large.";
  return new Problem(0, file.size > USUAL_LIMIT_BYTES ? words + guess : words);
}
