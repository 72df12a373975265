// @ts-check
// The read side of the HTTP API.

import { Problem, problemFrom } from "./problem.js";
import { observeServerDate } from "./time.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {{ jobs: Job[], next: string | null, position: string,
 *   counts: Record<string, number> }} JobPage */

// Longer than the 5 s a read may wait for the write it follows.
const TIMEOUT_MS = 15_000;

/** Paths are relative to the page, so that it also works below a prefix. @param {string} path */
export function apiUrl(path) {
  return new URL(path, document.baseURI).href;
}

/** @param {string} jobId */
export function jobPath(jobId) {
  return `jobs/${encodeURIComponent(jobId)}`;
}

/**
 * @param {{ statuses: string[], q: string, tag?: string, limit: number,
 *   cursor?: string | null }} query
 * @param {AbortSignal} signal
 * @returns {Promise<JobPage>}
 */
export function listJobs(query, signal) {
  const params = new URLSearchParams(query.statuses.map((status) => ["status", status]));
  if (query.q) params.set("q", query.q);
  if (query.tag) params.set("tag", query.tag);
  if (query.cursor) params.set("cursor", query.cursor);
  params.set("limit", String(query.limit));
  return getJson(`jobs?${params}`, signal);
}

/**
 * @param {string} jobId
 * @param {string | undefined} after "partition:offset" of the submission to wait for
 * @param {AbortSignal} signal
 * @returns {Promise<Job>}
 */
export function getJob(jobId, after, signal) {
  const query = after ? `?${new URLSearchParams({ after })}` : "";
  return getJson(jobPath(jobId) + query, signal);
}

/** @param {string} path @param {AbortSignal} signal @returns {Promise<any>} rejects with a Problem */
export async function getJson(path, signal) {
  const { response, body } = await answer(path, signal);
  observeServerDate(response.headers.get("date"));
  if (!response.ok) throw problemFrom(response.status, body);
  try {
    return JSON.parse(body);
  } catch {
    throw new Problem(0, "Something else than the status service answered.");
  }
}

/** @param {string} path @param {AbortSignal} signal */
async function answer(path, signal) {
  const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const headers = { accept: "application/json" };
  try {
    const response = await fetch(apiUrl(path), { headers, signal: either, cache: "no-store" });
    return { response, body: await response.text() };
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Problem(0, "The status service does not answer.");
  }
}
