// @ts-check
// The dead letters of the list, newest first, which of them are chosen, and what their jobs are
// doing now.

import { describe } from "../shared/statuses.js";
import { placeOf } from "./lettersapi.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("./lettersapi.js").Letter} Letter */
/** @typedef {import("./lettersapi.js").LettersPage} LettersPage */

// What a browser lays out without a pause, and more than anyone reads by scrolling.
export const MOST_LETTERS = 500;

export class LetterList {
  /** @type {Map<string, Letter>} */
  #letters = new Map();
  /** @type {Set<string>} places of the chosen ones */
  #chosen = new Set();
  /** @type {Map<string, Job | undefined>} the letters' jobs, and the newest news of them */
  #jobs = new Map();
  /** @type {string | null} */
  next = null;
  cut = false;
  total = 0;

  /** @param {LettersPage} page */
  replace(page) {
    this.#letters.clear();
    this.cut = false;
    this.append(page);
    for (const place of this.#chosen) if (!this.#letters.has(place)) this.#chosen.delete(place);
  }

  /** @param {LettersPage} page */
  append(page) {
    for (const letter of page.items) {
      if (this.#letters.size === MOST_LETTERS) this.cut = true;
      else this.#add(letter);
    }
    this.next = page.next_cursor;
    this.total = page.total;
  }

  /** @param {Letter} letter */
  #add(letter) {
    this.#letters.set(placeOf(letter), letter);
    const { job_id: jobId } = letter;
    if (jobId !== null && !this.#jobs.has(jobId)) this.#jobs.set(jobId, undefined);
  }

  /** @param {Job} job @returns {boolean} whether a letter of it is shown */
  hear(job) {
    if (!this.#jobs.has(job.job_id)) return false;
    this.#jobs.set(job.job_id, job);
    return true;
  }

  inOrder() {
    return [...this.#letters.values()];
  }

  /** @param {string} place */
  get(place) {
    return this.#letters.get(place);
  }

  /** @param {Letter} letter */
  jobOf({ job_id: jobId }) {
    return jobId === null ? undefined : this.#jobs.get(jobId);
  }

  get size() {
    return this.#letters.size;
  }

  get hasMore() {
    return this.next !== null && !this.cut && this.size < MOST_LETTERS;
  }

  /** @param {Letter} letter @param {boolean} isChosen */
  choose(letter, isChosen) {
    if (isChosen && letter.job_id !== null) this.#chosen.add(placeOf(letter));
    else this.#chosen.delete(placeOf(letter));
  }

  /** @param {Letter} letter */
  isChosen(letter) {
    return this.#chosen.has(placeOf(letter));
  }

  /** @returns {Letter[]} */
  redrivable() {
    return this.inOrder().filter((letter) => isRedrivable(letter, this.jobOf(letter)));
  }

  /** @returns {Letter[]} */
  chosen() {
    return this.inOrder().filter((letter) => this.isChosen(letter));
  }
}

/**
 * What is to be said of a letter besides why it is one: whether it may be redriven, or what its
 * job is doing since.
 * @param {Letter} letter
 * @param {Job | undefined} job news of it; none = it is as the letter says
 * @returns {{ group: string, words: string, why?: string }}
 */
export function stateOf(letter, job) {
  if (job && !isThere(letter, job)) return describe(job.status);
  const command = job?.command;
  if (command?.kind === "retry" && command.attempt === letter.attempt) {
    if (command.state === "requested") return { group: "waiting", words: "Retry requested" };
    if (command.state === "refused")
      return { group: "failed", words: "Retry refused", why: command.reason ?? "" };
  }
  if (isRedrivable(letter, job)) return { group: "queued", words: "Redrivable" };
  if (letter.job_id === null) return { group: "none", words: "No job" };
  const isPast = !job && letter.retry_available === null;
  return { group: "none", words: isPast ? "Job went on" : "Would fail again" };
}

/** @param {Letter} letter @param {Job | undefined} job */
function isRedrivable(letter, job) {
  if (letter.job_id === null) return false;
  if (!job) return Boolean(letter.retry_available);
  return isThere(letter, job) && Boolean(job.error?.retry_available);
}

/** Whether this letter is what its job failed by last. @param {Letter} letter @param {Job} job */
export function isThere(letter, { status, error }) {
  const place = error?.dead_letter;
  return status === "FAILED" && place != null && placeOf(place) === placeOf(letter);
}
