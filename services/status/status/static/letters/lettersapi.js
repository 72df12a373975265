// @ts-check
// The read side of dead letters.

import { getJson } from "../shared/api.js";
import { serverNow } from "../shared/time.js";

/** @typedef {import("../shared/job.js").Position} Position */
/**
 * @typedef {object} Letter
 * @property {string} topic
 * @property {number} partition
 * @property {number} offset
 * @property {string | null} job_id null where the record could not be read
 * @property {number} attempt
 * @property {string} stage
 * @property {string} error_class
 * @property {string} message
 * @property {string} failed_at
 * @property {number} size_bytes
 * @property {string | null} claim key of the part that lies in the object store
 * @property {boolean | null} retry_available whether the same input may succeed; null: its job has
 *   gone on since, or there is none
 *
 * @typedef {[string, string | { base64: string } | null]} Header
 * @typedef {Letter & { headers: Header[], value: string | null, cut: boolean }} OpenLetter
 *   `value` in base 64, its first 64 KB where it is cut
 * @typedef {{ items: Letter[], total: number, next_cursor: string | null }} LettersPage
 * @typedef {{ total: number, counts: { stage: string, error_class: string, count: number }[] }} Summary
 *
 * @typedef {{ stage: string, errorClass: string, when: string, since: string, until: string,
 *   open: boolean }} LetterFilter "" matches everything; `since` and `until` count where `when` is
 *   "between"
 */

/** @type {LetterFilter} */
export const ALL = { stage: "", errorClass: "", when: "", since: "", until: "", open: false };

const HOUR_MS = 3_600_000;

/** @type {ReadonlyMap<string, { words: string, ms: number }>} */
export const SPANS = new Map([
  ["1h", { words: "in the last hour", ms: HOUR_MS }],
  ["1d", { words: "in the last 24 hours", ms: 24 * HOUR_MS }],
  ["7d", { words: "in the last 7 days", ms: 7 * 24 * HOUR_MS }],
]);

/**
 * A filter in the words of the API; only what narrows.
 * @param {LetterFilter} filter
 * @returns {{ stage?: string, error_class?: string, since?: string, until?: string }}
 */
export function conditions({ stage, errorClass, when, since, until }) {
  const span = SPANS.get(when);
  const between = when === "between" ? { since, until } : {};
  const bounds = span ? { since: new Date(serverNow() - span.ms).toISOString() } : between;
  const all = Object.entries({ stage, error_class: errorClass, ...bounds });
  return Object.fromEntries(all.filter(([, value]) => value));
}

/**
 * @param {LetterFilter} filter
 * @param {{ limit: number, cursor?: string | null }} page
 * @param {AbortSignal} signal
 * @returns {Promise<LettersPage>}
 */
export function listLetters(filter, { limit, cursor }, signal) {
  const params = new URLSearchParams(conditions(filter));
  if (filter.open) params.set("redrivable", "true");
  if (cursor) params.set("cursor", cursor);
  params.set("limit", String(limit));
  return getJson(`dead-letters?${params}`, signal);
}

/** @param {AbortSignal} signal @returns {Promise<Summary>} */
export function countLetters(signal) {
  return getJson("dead-letters/summary", signal);
}

/** @param {Position} place @param {AbortSignal} signal @returns {Promise<OpenLetter>} */
export function getLetter({ topic, partition, offset }, signal) {
  return getJson(`dead-letters/${encodeURIComponent(topic)}/${partition}/${offset}`, signal);
}

/** Headers may lack any reason. @param {Letter} letter */
export function reasonOf({ message, error_class: errorClass }) {
  return message || errorClass || "No reason is given";
}

/** @param {Position} place */
export function placeOf({ topic, partition, offset }) {
  return `${topic}/${partition}/${offset}`;
}
