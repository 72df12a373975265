// @ts-check
// How many jobs are in each status. Moved along with the events, and set right by the server
// soon after: an event does not tell which status an unseen job has left.

/** @typedef {import("../shared/job.js").Job} Job */

const SOON_MS = 300;
const AT_MOST_EVERY_MS = 3000;

// Enough for the statuses of the jobs in motion; beyond it the server's numbers alone count.
const MOST_REMEMBERED = 20_000;

export class Counts {
  /** @type {Map<string, number>} status -> jobs */
  #numbers = new Map();
  /** @type {Map<string, string>} job id -> status */
  #last = new Map();
  #timer = 0;
  #askedAt = 0;

  /** @param {() => void} ask fetches the numbers; set() is called with the answer */
  constructor(ask) {
    this.ask = ask;
  }

  /** @param {Record<string, number>} numbers */
  set(numbers) {
    this.#numbers = new Map(Object.entries(numbers));
  }

  /** A list is shown anew. @param {Record<string, number>} numbers @param {Job[]} jobs */
  restart(numbers, jobs) {
    this.#last.clear();
    this.known(jobs);
    this.set(numbers);
  }

  /** Remembers what the numbers already include. @param {Job[]} jobs */
  known(jobs) {
    for (const job of jobs) this.#last.set(job.job_id, job.status);
  }

  /** @param {Job} job */
  take({ job_id: jobId, status }) {
    const last = this.#last.get(jobId);
    if (last === status) return;
    if (last) this.#add(last, -1);
    this.#add(status, 1);
    this.#last.set(jobId, status);
    if (this.#last.size > MOST_REMEMBERED) this.#last.clear();
    this.#askSoon();
  }

  /** @param {string} jobId of a job that was deleted */
  forget(jobId) {
    const last = this.#last.get(jobId);
    if (last) this.#add(last, -1);
    this.#last.delete(jobId);
    this.#askSoon();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** @param {(status: string) => boolean} among */
  total(among) {
    let sum = 0;
    for (const [status, number] of this.#numbers) if (among(status)) sum += number;
    return sum;
  }

  statuses() {
    return this.#numbers.keys();
  }

  /** @param {string} status @param {number} change */
  #add(status, change) {
    this.#numbers.set(status, Math.max(0, (this.#numbers.get(status) ?? 0) + change));
  }

  #askSoon() {
    if (this.#timer) return;
    const wait = Math.max(SOON_MS, this.#askedAt + AT_MOST_EVERY_MS - Date.now());
    this.#timer = setTimeout(() => this.#askNow(), wait);
  }

  #askNow() {
    this.#timer = 0;
    this.#askedAt = Date.now();
    if (!document.hidden) this.ask();
  }
}
