// @ts-check
// The jobs of the list, newest submission first. Knows nothing of the page it is shown on.

import { advance } from "../shared/job.js";

/** @typedef {import("../shared/job.js").Job} Job */

// What a browser lays out without a pause, and more than anyone reads by scrolling.
export const MOST_JOBS = 500;

export class JobList {
  /** @type {string[]} */
  #order = [];
  /** @type {Map<string, Job>} */
  #jobs = new Map();
  /** Where the server's list goes on; null = there is nothing older. @type {string | null} */
  next = null;
  /** Whether older jobs were left out to stay within MOST_JOBS. */
  cut = false;

  /** @param {Job[]} jobs @param {string | null} next */
  replace(jobs, next) {
    this.#order = [];
    this.#jobs = new Map();
    this.cut = false;
    this.append(jobs, next);
  }

  /** Adds an older page. @param {Job[]} jobs @param {string | null} next */
  append(jobs, next) {
    for (const job of jobs) {
      if (!this.#jobs.has(job.job_id)) this.#order.push(job.job_id);
      this.#jobs.set(job.job_id, advance(this.#jobs.get(job.job_id), job));
    }
    this.next = next;
    this.#bound();
  }

  /**
   * Takes in news of one job.
   * @param {Job} job
   * @param {boolean} belongs whether it passes the reader's filter
   */
  take(job, belongs) {
    const known = this.#jobs.get(job.job_id);
    if (known) return this.#change(known, job, belongs);
    if (!belongs || this.#isBelowTheEnd(job)) return;
    this.#jobs.set(job.job_id, job);
    this.#order.splice(this.#placeOf(job), 0, job.job_id);
    this.#bound();
  }

  /** @param {string} jobId */
  remove(jobId) {
    if (!this.#jobs.delete(jobId)) return;
    this.#order.splice(this.#order.indexOf(jobId), 1);
  }

  /** @returns {Job[]} */
  inOrder() {
    return this.#order.map((id) => /** @type {Job} */ (this.#jobs.get(id)));
  }

  /** @param {string} jobId */
  get(jobId) {
    return this.#jobs.get(jobId);
  }

  get size() {
    return this.#order.length;
  }

  get hasMore() {
    return this.next !== null && !this.cut;
  }

  /** @param {Job} known @param {Job} news @param {boolean} belongs */
  #change(known, news, belongs) {
    const job = advance(known, news);
    if (job === known) return;
    if (belongs) this.#jobs.set(job.job_id, job);
    else this.remove(job.job_id);
  }

  /** Such a job comes with the page it is on. @param {Job} job */
  #isBelowTheEnd(job) {
    return (this.cut || this.next !== null) && this.#placeOf(job) === this.size;
  }

  /** Where the server would list it; counted from the top, where new jobs go. @param {Job} job */
  #placeOf(job) {
    const place = this.#order.findIndex((id) => isNewer(job, /** @type {Job} */ (this.get(id))));
    return place < 0 ? this.size : place;
  }

  #bound() {
    for (const id of this.#order.splice(MOST_JOBS)) {
      this.#jobs.delete(id);
      this.cut = true;
    }
  }
}

/** @param {Job} job @param {Job} other */
function isNewer(job, other) {
  if (job.submitted_at !== other.submitted_at) return job.submitted_at > other.submitted_at;
  return job.job_id > other.job_id;
}
