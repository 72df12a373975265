// @ts-check
// What is asked of jobs: commands, which the gateway takes and the stages carry out later. An
// answer says that a command was taken; what came of it is told by the job itself.

import { jobPath } from "./api.js";
import { gatewayUrl } from "./gateway.js";
import { Problem, problemFrom } from "./problem.js";

/**
 * @typedef {{ command_id: string, job_id: string, kind: string, attempt: number }} Taken
 * @typedef {{ stage?: string, error_class?: string, since?: string, until?: string,
 *   job_ids?: string[] }} RedriveFilter what is left out matches everything
 * @typedef {{ command_id: string, job_id: string, attempt: number, stage: string,
 *   error_class: string }} RedriveItem
 * @typedef {{ matched: number, commanded: number, next_cursor: string | null,
 *   items: RedriveItem[], skipped: { job_id: string, reason: string }[] }} RedriveAnswer
 */

// Longer than the gateway waits for the status service and the brokers together.
const TIMEOUT_MS = 60_000;

/**
 * @param {string} jobId
 * @param {{ attempt: number, stage: string }} failed where the job failed
 * @param {string} key the same for every try of the same wish, so that it stays one command
 * @returns {Promise<Taken>} rejects with a Problem
 */
export function retryJob(jobId, failed, key) {
  return post(`${jobPath(jobId)}/retry`, failed, { "idempotency-key": key });
}

/**
 * Anything else that is asked of the stage that holds the job, or has ended it.
 * @param {string} jobId
 * @param {"release" | "reprocess" | "forget"} kind
 * @param {{ attempt: number, stage: string }} stands
 * @param {string} key as for retryJob
 * @param {string} [from] the stage where a job that is run again begins
 * @returns {Promise<Taken>} rejects with a Problem
 */
export function askJob(jobId, kind, stands, key, from) {
  const query = from ? `?${new URLSearchParams({ from })}` : "";
  return post(`${jobPath(jobId)}/${kind}${query}`, stands, { "idempotency-key": key });
}

/**
 * @param {string} jobId
 * @param {number} attempt
 * @param {string} key as for retryJob
 * @returns {Promise<Taken>} rejects with a Problem
 */
export function cancelJob(jobId, attempt, key) {
  return post(`${jobPath(jobId)}/cancel`, { attempt }, { "idempotency-key": key });
}

/**
 * One page of a redrive; the same page asked for twice is one command a job all the same.
 * @param {{ filter: RedriveFilter, dry_run: boolean, limit: number, cursor: string | null }} wish
 * @param {AbortSignal} [signal]
 * @returns {Promise<RedriveAnswer>} rejects with a Problem
 */
export function retryJobs(wish, signal) {
  return post("jobs/retry", wish, {}, signal);
}

/**
 * @param {string} path
 * @param {object} wish
 * @param {Record<string, string>} headers
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function post(path, wish, headers, signal) {
  const { response, body } = await answer(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(wish),
    signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
  });
  if (!response.ok) throw problemFrom(response.status, body);
  try {
    return JSON.parse(body);
  } catch {
    throw new Problem(0, "Something else than the gateway answered.");
  }
}

/** @param {string} path @param {RequestInit} request */
async function answer(path, request) {
  try {
    const response = await fetch(gatewayUrl(path), request);
    return { response, body: await response.text() };
  } catch {
    throw new Problem(0, "The gateway cannot be reached.");
  }
}
