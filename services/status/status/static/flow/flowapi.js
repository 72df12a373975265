// @ts-check
// How the stages stand, and what they did in windows of time.

import { getJson } from "../shared/api.js";

/** @typedef {import("../live/pauses.js").Pause} Pause */
/** @typedef {{ name: string, label: string, waiting: number, oldest_waiting_seconds: number,
 *   running: number, retries_pending: number, dead_letters: number | null,
 *   done_per_second: number | null, pauses: Pause[] }} Stage */
/** @typedef {{ stages: Stage[], jobs: Record<string, number> }} Pipeline */
/** @typedef {{ p50: number, p95: number, p99: number }} Quantiles */
/** @typedef {{ stage: string, start: string, over: boolean, ended_per_second: number,
 *   errors: Record<string, number>, stage_seconds: Quantiles | null,
 *   job_seconds: Quantiles | null, waiting: number }} Window */
/** @typedef {{ resolution_seconds: number, windows: Window[] }} Statistics */

/** @param {AbortSignal} signal @returns {Promise<Pipeline>} */
export function getPipeline(signal) {
  return getJson("pipeline", signal);
}

/**
 * @param {{ seconds: number, since: number }} asked the length of windows, and since when in ms
 * @param {AbortSignal} signal
 * @returns {Promise<Statistics>}
 */
export function getStatistics({ seconds, since }, signal) {
  const params = new URLSearchParams({ resolution: String(seconds), since: String(since) });
  return getJson(`statistics?${params}`, signal);
}
