// @ts-check
// One dead letter: read from its topic, and its job followed by its events.

import { Backoff } from "../../live/backoff.js";
import { Feed } from "../../live/feed.js";
import { getJob, jobPath } from "../../shared/api.js";
import { button, byId, el, icon } from "../../shared/dom.js";
import { advance } from "../../shared/job.js";
import { getLetter, placeOf } from "../lettersapi.js";
import { News } from "../news.js";
import { LetterView } from "./letterview.js";

/** @typedef {import("../../shared/job.js").Job} Job */
/** @typedef {import("../../shared/job.js").Position} Position */
/** @typedef {import("../../shared/problem.js").Problem} Problem */

export class LetterPage {
  #root = byId("letter-page");
  #content = el("div");
  #back = el("a", { class: "back" }, icon("back"), "All dead letters");
  #backoff = new Backoff({ firstMs: 1000, maxMs: 15_000 });
  #asking = new AbortController();
  #timer = 0;
  /** @type {LetterView | null} */
  #view = null;
  /** @type {Job | undefined} */
  #job;
  /** @type {Feed | News | null} what is heard of the job, or at least of pauses */
  #news = null;
  /** @type {Position} */
  #place = { topic: "", partition: 0, offset: 0 };

  /** @param {import("../../live/connection.js").Connection} connection */
  constructor(connection) {
    this.connection = connection;
    this.#root.append(el("nav", { "aria-label": "Back" }, this.#back), this.#content);
  }

  /** @param {Position} place @param {string} backHash where the list is */
  show(place, backHash) {
    this.#root.hidden = false;
    this.#back.setAttribute("href", backHash);
    this.#place = place;
    this.#view = null;
    this.#job = undefined;
    document.title = "Dead letter - headway";
    scrollTo(0, 0);
    this.#say("Reading the dead letter…");
    this.#load();
  }

  hide() {
    this.#root.hidden = true;
    this.#stop();
    this.#view = null;
    this.#content.replaceChildren();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#news?.stop();
    this.#news = null;
  }

  async #load() {
    this.#stop();
    const { signal } = this.#asking;
    try {
      const letter = await getLetter(this.#place, signal);
      this.#view = new LetterView(letter);
      this.#content.replaceChildren(this.#view.root);
      this.#view.focus();
      document.title = `${letter.error_class} · dead letter - headway`;
      await this.#follow(letter.job_id, signal);
    } catch (error) {
      if (!signal.aborted) this.#failed(/** @type {Problem} */ (error));
    }
  }

  /** @param {string | null} jobId @param {AbortSignal} signal */
  async #follow(jobId, signal) {
    if (jobId === null) return this.#jobless("none: the record does not say which");
    try {
      this.#take(await getJob(jobId, undefined, signal));
    } catch (error) {
      if (signal.aborted) return;
      return this.#jobless(/** @type {Problem} */ (error).message);
    }
    this.#news = new Feed({
      path: `${jobPath(jobId)}/events`,
      onJob: (job) => this.#take(job),
      onGone: () => this.#jobless("deleted meanwhile"),
      maySleep: () => true,
      ...this.connection.hearing,
    });
    this.#news.start();
  }

  /** @param {Job} news */
  #take(news) {
    this.#job = advance(this.#job, news);
    this.#view?.update(this.#job);
  }

  /** @param {string} words */
  #jobless(words) {
    this.#view?.jobless(words);
    this.#news?.stop();
    this.#news = new News(this.connection, () => {});
    this.#news.start();
  }

  /** @param {Problem} problem */
  #failed(problem) {
    if (problem.status === 404) return this.#gone();
    if (problem.status === 0) this.connection.lost();
    const words = `${problem.message} The page tries again by itself.`;
    this.#say("The dead letter cannot be shown right now.", words);
    this.#timer = setTimeout(() => this.#load(), this.#backoff.nextMs());
  }

  #gone() {
    const words = `Nothing lies at ${placeOf(this.#place)}: it was deleted, or the topic keeps letters for less long.`;
    const again = button("Look again", () => this.#load());
    this.#say("There is no such dead letter.", words, again);
    this.#jobless("");
  }

  /** @param {string} heading @param {string} [words] @param {...HTMLElement} actions */
  #say(heading, words = "", ...actions) {
    const title = el("h1", { class: "message-title" }, heading);
    const said = el("div", { class: "panel message", role: "status" }, title, el("p", {}, words));
    said.append(...actions);
    this.#content.replaceChildren(said);
  }
}
