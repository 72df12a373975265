// @ts-check
// The schedules as the API tells them, and what is asked of their rules.

import { getJson } from "../shared/api.js";
import { post } from "../shared/commands.js";

/**
 * @typedef {object} Run a walk over jobs; it is over when it has a `finished_at`
 * @property {string} run_id
 * @property {string} started_at
 * @property {boolean} dry it only counts
 * @property {string} by
 * @property {number} position
 * @property {number} end
 * @property {number} matched
 * @property {number} sent
 * @property {string | null} finished_at
 *
 * @typedef {object} Rule
 * @property {string} rule
 * @property {string} kind
 * @property {string} stage
 * @property {string} about
 * @property {boolean} paused
 * @property {string} paused_by
 * @property {string | null} next_at
 * @property {string | null} last_at
 * @property {number} pending
 * @property {number} done
 * @property {Run | null} run
 *
 * @typedef {{ stage: string, open: boolean, until: string | null, next_at: string | null,
 *   by: string, lanes: number, lanes_open: number }} Window
 * @typedef {{ rules: Rule[], windows: Window[] }} Schedules
 * @typedef {"pause" | "resume" | "run" | "count" | "stop"} Verb
 */

/** @param {AbortSignal} signal @returns {Promise<Schedules>} rejects with a Problem */
export function getSchedules(signal) {
  return getJson("schedules", signal);
}

/**
 * @param {string} rule
 * @param {Verb} verb
 * @param {string} key the same for every try of the same wish, so that it stays one
 * @returns {Promise<{ command_id: string }>} rejects with a Problem
 */
export function askRule(rule, verb, key) {
  const path = `schedules/${encodeURIComponent(rule)}/${verb}`;
  return post(path, {}, { "idempotency-key": key });
}
