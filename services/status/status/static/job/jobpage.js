// @ts-check
// One job: found by its id, then followed by its events.

import { announceEnd, awaitEnd } from "../live/announce.js";
import { getJob, jobPath } from "../shared/api.js";
import { Backoff } from "../live/backoff.js";
import { button, byId, el, icon } from "../shared/dom.js";
import { Feed } from "../live/feed.js";
import { hearExpected } from "../live/expected.js";
import { oncePerFrame } from "../live/frame.js";
import { advance } from "../shared/job.js";
import { JobView } from "./jobview.js";
import { submissionOf } from "../shared/submitted.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("../shared/problem.js").Problem} Problem */

// A link followed at once may be ahead of the status service, which reads what was written.
const LOOKS_BEFORE_UNKNOWN = 3;
const BETWEEN_LOOKS_MS = 700;

export class JobPage {
  #root = byId("job-page");
  #place = el("div");
  #back = el("a", { class: "back" }, icon("back"), "All jobs");
  #backoff = new Backoff({ firstMs: 1000, maxMs: 15_000 });
  #paint = oncePerFrame(() => this.#draw());
  /** @type {Feed | null} */
  #feed = null;
  /** @type {JobView | null} */
  #view = null;
  /** @type {Job | undefined} */
  #job;
  #jobId = "";
  #looks = 0;
  #timer = 0;
  #asking = new AbortController();

  /** @param {import("../live/connection.js").Connection} connection */
  constructor(connection) {
    this.connection = connection;
    this.#root.append(el("nav", { "aria-label": "Back" }, this.#back), this.#place);
  }

  /** @param {string} jobId @param {string} backHash where the list is */
  show(jobId, backHash) {
    this.#root.hidden = false;
    this.#back.setAttribute("href", backHash);
    this.#jobId = jobId;
    this.#looks = 0;
    this.#view = null;
    this.#job = undefined;
    document.title = "headway";
    scrollTo(0, 0);
    this.#say("Looking for the job…");
    this.#load();
  }

  hide() {
    this.#root.hidden = true;
    this.#view = null;
    this.#place.replaceChildren();
    this.#stop();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#feed?.stop();
    this.#feed = null;
  }

  async #load() {
    this.#stop();
    const { signal } = this.#asking;
    try {
      this.#found(await getJob(this.#jobId, submissionOf(this.#jobId), signal));
    } catch (error) {
      if (!signal.aborted) this.#failed(/** @type {Problem} */ (error));
    }
  }

  /** @param {Job} job */
  #found(job) {
    this.#job = job;
    if (!job.terminal) awaitEnd(job.job_id);
    this.#draw();
    this.#feed = new Feed({
      path: `${jobPath(job.job_id)}/events`,
      onJob: (news) => this.#take(news),
      onExpected: (told) => this.#expect(told),
      onGone: () => this.#gone(),
      onReset: () => this.#loadIn(this.#backoff.nextMs()),
      ...this.connection.hearing,
      maySleep: () => this.#job?.terminal ?? true,
    });
    this.#feed.start();
  }

  /** @param {Job} news */
  #take(news) {
    this.#backoff.succeeded();
    this.#job = advance(this.#job, news);
    announceEnd(this.#job);
    this.#paint();
  }

  /** @param {Parameters<typeof hearExpected>[0]} told */
  #expect(told) {
    hearExpected(told);
    this.#paint();
  }

  /** The stream stays open: a job submitted anew under the same id comes back. */
  #gone() {
    this.#view = null;
    this.#job = undefined;
    document.title = "Deleted job - headway";
    this.#say("This job is no longer there.", "Its record was deleted while you were looking.");
  }

  #draw() {
    if (!this.#job || this.#root.hidden) return;
    if (this.#view) return this.#view.update(this.#job);
    this.#view = new JobView(this.#job);
    this.#place.replaceChildren(this.#view.root);
    this.#view.focus();
  }

  /** @param {Problem} problem */
  #failed(problem) {
    if (problem.status === 404) return this.#unknown();
    this.connection.lost();
    if (!this.#view)
      this.#say(
        "The job cannot be shown right now.",
        `${problem.message} The page tries again by itself.`,
      );
    this.#loadIn(this.#backoff.nextMs());
  }

  #unknown() {
    this.#looks += 1;
    if (this.#looks < LOOKS_BEFORE_UNKNOWN) return this.#loadIn(BETWEEN_LOOKS_MS);
    this.#view = null;
    document.title = "Unknown job - headway";
    this.connection.live();
    this.#say(
      "There is no such job.",
      `No job has the id ${this.#jobId}. It may be mistyped, or belong to another installation.`,
      button("Look again", () => this.#load()),
    );
  }

  /** @param {number} ms */
  #loadIn(ms) {
    this.#stop();
    this.#timer = setTimeout(() => this.#load(), ms);
  }

  /** @param {string} heading @param {string} [words] @param {...HTMLElement} actions */
  #say(heading, words = "", ...actions) {
    const title = el("h1", { id: "job-title", class: "message-title" }, heading);
    this.#place.replaceChildren(
      el("div", { class: "panel message", role: "status" }, title, el("p", {}, words), ...actions),
    );
  }
}
