// @ts-check
// What becomes of jobs while their dead letters are looked at: events from now on.

import { listJobs } from "../shared/api.js";
import { Backoff } from "../live/backoff.js";
import { Feed } from "../live/feed.js";

/** @typedef {import("../shared/job.js").Job} Job */

export class News {
  /** @type {Feed | null} */
  #feed = null;
  #asking = new AbortController();
  #backoff = new Backoff({ firstMs: 1000, maxMs: 15_000 });
  #timer = 0;

  /** @param {import("../live/connection.js").Connection} connection @param {(job: Job) => void} onJob */
  constructor(connection, onJob) {
    this.connection = connection;
    this.onJob = onJob;
  }

  /** Goes on where it stopped. */
  start() {
    if (this.#feed) this.#feed.start();
    else this.#begin();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#feed?.stop();
  }

  async #begin() {
    this.stop();
    this.#feed = null;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const { position } = await listJobs({ statuses: [], q: "", limit: 1 }, signal);
      if (!signal.aborted) this.#follow(position);
    } catch {
      if (signal.aborted) return;
      this.connection.lost();
      this.#timer = setTimeout(() => this.#begin(), this.#backoff.nextMs());
    }
  }

  /** @param {string} position */
  #follow(position) {
    this.#feed = new Feed({
      path: "events",
      position,
      onJob: (job) => {
        this.#backoff.succeeded();
        this.onJob(job);
      },
      onReset: () => {
        this.#feed?.stop();
        this.#timer = setTimeout(() => this.#begin(), this.#backoff.nextMs());
      },
      ...this.connection.hearing,
    });
    this.#feed.start();
  }
}
