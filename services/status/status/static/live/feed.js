// @ts-check
// Server-sent events without a gap. The browser resumes a broken stream by itself, with the
// Last-Event-ID header; where it gives up, or where it cannot see that a stream is dead, this
// opens a new one with ?last_event_id= of the last event seen. A browser gives up for good at any
// answer but 200, a proxy's 502 while the service restarts too.
//
// Other pages of the same origin may use it; only path and onJob are needed:
//
//   import { Feed } from "/static/live/feed.js";
//   new Feed({ path: "/jobs/J/events", onJob: (job) => console.log(job.status) }).start();

import { apiUrl } from "../shared/api.js";
import { Backoff } from "./backoff.js";
import { hearJob } from "./expected.js";
import { watchWaking } from "./wakeup.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {"live" | "reconnecting"} FeedState */

// The heartbeat is a comment, which EventSource hides. A stream that a proxy has dropped in
// silence is therefore found by opening a new one after a minute without news: a quiet reader
// costs one request a minute, and a job is never more than that behind.
const QUIET_MS = 60_000;

export class Feed {
  /** @type {EventSource | null} */
  #source = null;
  #timer = 0;
  #backoff = new Backoff({ firstMs: 1000, maxMs: 30_000 });
  /** @type {() => void} */
  #stopWatching = () => {};

  /**
   * @param {object} options
   * @param {string} options.path
   * @param {string} [options.position] the event id to go on from; none = begin with a snapshot
   * @param {(job: Job) => void} options.onJob
   * @param {(jobId: string) => void} [options.onGone] the job was deleted
   * @param {() => void} [options.onReset] forget all: the position means nothing to the server
   * @param {(pauses: import("./pauses.js").Pause[]) => void} [options.onPauses] what holds stages
   *   back, told at the begin of a stream and with every change
   * @param {(told: { job_id: string, queue_position: number | null, eta_seconds: number | null })
   *   => void} [options.onExpected] what this one job has before it
   * @param {(lines: import("./expected.js").Line[]) => void} [options.onLines] who waits
   * @param {(state: FeedState) => void} [options.onState]
   * @param {() => boolean} [options.maySleep] whether a long hidden page may close the stream
   */
  constructor(options) {
    this.options = options;
    this.position = options.position ?? "";
  }

  start() {
    this.stop();
    this.#stopWatching = watchWaking({
      onSleep: () => this.#sleep(),
      onWake: () => this.#open(),
    });
    this.#open();
  }

  stop() {
    this.#stopWatching();
    this.#close();
  }

  #open() {
    this.#close();
    const query = this.position ? `?${new URLSearchParams({ last_event_id: this.position })}` : "";
    const source = new EventSource(apiUrl(this.options.path) + query);
    source.addEventListener("open", () => this.#opened());
    source.addEventListener("error", () => this.#broken(source));
    source.addEventListener("job", (event) => this.#received(event));
    source.addEventListener("gone", (event) => this.#lostJob(event));
    source.addEventListener("pauses", (event) => this.#paused(event));
    source.addEventListener("expected", (event) => this.#expected(event));
    source.addEventListener("lines", (event) => this.#moved(event));
    source.addEventListener("reset", (event) => this.#reset(event));
    // The service is there, and has not read yet as far as was seen here.
    source.addEventListener("waiting", () => this.#tell("reconnecting"));
    this.#source = source;
    this.#expectNews();
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #sleep() {
    if (this.options.maySleep?.() ?? true) this.#close();
  }

  #opened() {
    this.#backoff.succeeded();
    this.#tell("live");
  }

  /** @param {EventSource} source */
  #broken(source) {
    this.#tell("reconnecting");
    if (source.readyState === EventSource.CLOSED) this.#openIn(this.#backoff.nextMs());
  }

  /** @param {MessageEvent} event */
  #received(event) {
    this.#remember(event);
    const job = JSON.parse(event.data);
    hearJob(job);
    this.options.onJob(job);
  }

  /** @param {MessageEvent} event */
  #lostJob(event) {
    this.#remember(event);
    this.options.onGone?.(JSON.parse(event.data).job_id);
  }

  /** No part of the position: it is told anew to whoever comes back. @param {MessageEvent} event */
  #paused(event) {
    this.options.onPauses?.(JSON.parse(event.data).pauses);
  }

  /** Likewise. @param {MessageEvent} event */
  #expected(event) {
    this.options.onExpected?.(JSON.parse(event.data));
  }

  /** Likewise. @param {MessageEvent} event */
  #moved(event) {
    this.options.onLines?.(JSON.parse(event.data).lines);
  }

  /** @param {MessageEvent} event */
  #reset(event) {
    this.#remember(event);
    this.options.onReset?.();
  }

  /** @param {MessageEvent} event */
  #remember(event) {
    this.position = event.lastEventId || this.position;
    this.#tell("live");
    this.#expectNews();
  }

  /** @param {FeedState} state */
  #tell(state) {
    this.options.onState?.(state);
  }

  #expectNews() {
    this.#openIn(QUIET_MS);
  }

  /** @param {number} ms */
  #openIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), ms);
  }
}
