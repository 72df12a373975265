// @ts-check
// The page of one job. Built once, then brought up to date in place.

import { apiUrl, jobPath } from "../shared/api.js";
import { copyButton } from "./copybutton.js";
import { DueWords, isPostponed } from "../shared/due.js";
import { el, setAttribute, setText } from "../shared/dom.js";
import { ExpectedWords } from "../live/expected.js";
import { errorPanel } from "./errorpanel.js";
import { Afterwards } from "./afterwards.js";
import { JobActions } from "./jobactions.js";
import { percent, titleOf, tookMs } from "../shared/job.js";
import { resultsSection } from "./results.js";
import { StatusChip } from "../shared/statuschip.js";
import { describe } from "../shared/statuses.js";
import { duration, setTime, timeElement } from "../shared/time.js";
import { TagLinks } from "./taglinks.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("../shared/job.js").Job} Job */

export class JobView {
  #title = el("h1", { id: "job-title", tabindex: -1 });
  #chip = new StatusChip();
  #submitted;
  #took = el("span");
  #attempt = el("span");
  #bar = /** @type {HTMLProgressElement} */ (
    el("progress", { max: 100, "aria-labelledby": "job-title" })
  );
  #percent = el("p", { id: "job-percent", class: "job-percent" });
  #note = el("p", { id: "job-note", class: "job-note muted" });
  #noteWords = el("span");
  #due = new DueWords();
  #expected = new ExpectedWords();
  #actions;
  #afterwards;
  #tags = new TagLinks();
  #outcome = el("div", { class: "outcome" });
  #timeline = new Timeline();
  /** @type {string} */
  #shownOutcome = "";

  /** @param {Job} job */
  constructor(job) {
    this.#submitted = timeElement(job.submitted_at, "ago");
    this.#actions = new JobActions(job, () => this.focus());
    this.#afterwards = new Afterwards(this.#actions.asking);
    this.#note.append(this.#noteWords, this.#due.root, this.#expected.root);
    this.root = el(
      "article",
      { class: "panel job", "aria-labelledby": "job-title", "data-job-id": job.job_id },
      el("header", { class: "job-head" }, this.#title, this.#chip.root, this.#actions.root),
      this.#facts(job),
      this.#actions.words,
      el("div", { class: "job-progress" }, this.#bar, this.#percent, this.#note),
      this.#outcome,
      this.#steps(),
      this.#afterwards.root,
      el(
        "p",
        { class: "job-foot" },
        el("a", { href: apiUrl(jobPath(job.job_id)) }, "This job as JSON"),
      ),
    );
    this.update(job);
  }

  focus() {
    this.#title.focus({ preventScroll: true });
  }

  /** @param {Job} job */
  update(job) {
    setAttribute(this.root, "data-status", job.status);
    setText(this.#title, titleOf(job));
    this.#chip.update(job);
    setTime(this.#submitted, job.submitted_at);
    setText(this.#took, job.terminal ? `, took ${duration(tookMs(job))}` : "");
    setText(this.#attempt, job.attempt > 1 ? `attempt ${job.attempt}` : "");
    this.#bar.value = percent(job);
    setText(this.#percent, `${percent(job)} %`);
    setText(this.#noteWords, isPostponed(job) ? "" : (job.note ?? ""));
    this.#due.update(job);
    this.#expected.update(job, Boolean(this.#noteWords.textContent));
    this.#tags.update(job);
    this.#actions.update(job);
    this.#afterwards.update(job);
    this.#note.hidden = job.terminal;
    this.#showOutcome(job);
    this.#timeline.update(job);
    document.title = pageTitle(job);
  }

  /** @param {Job} job */
  #facts(job) {
    const id = el("code", { class: "job-id" }, job.job_id);
    return el(
      "p",
      { class: "job-facts muted" },
      el("span", {}, "submitted ", this.#submitted, this.#took),
      this.#attempt,
      this.#tags.root,
      el("span", { class: "job-id-line" }, id, copyButton("Copy the job id", job.job_id)),
    );
  }

  #steps() {
    const heading = el("h2", { id: "timeline-title" }, "Timeline");
    return el("section", { "aria-labelledby": "timeline-title" }, heading, this.#timeline.root);
  }

  /** Files and errors hold buttons: they are rebuilt only when they change. @param {Job} job */
  #showOutcome(job) {
    const outcome = JSON.stringify([job.status, job.error, job.result]);
    if (outcome === this.#shownOutcome) return;
    this.#shownOutcome = outcome;
    this.#outcome.replaceChildren(
      ...(job.error ? [errorPanel(job, job.error)] : []),
      ...(job.result?.length ? [resultsSection(job.result)] : []),
    );
  }
}

/** @param {Job} job */
function pageTitle(job) {
  const state = job.terminal ? describe(job.status).words : `${percent(job)} %`;
  return `${state} · ${titleOf(job)} - headway`;
}
