// @ts-check
// One job in the list.

import { DueWords, isPostponed } from "../shared/due.js";
import { el, setAttribute, setText } from "../shared/dom.js";
import { ExpectedWords } from "../live/expected.js";
import { jobHref, percent, shortId, titleOf, tookMs } from "../shared/job.js";
import { TagLinks } from "../job/taglinks.js";
import { StatusChip } from "../shared/statuschip.js";
import { duration, setTime, timeElement } from "../shared/time.js";

/** @typedef {import("../shared/job.js").Job} Job */

export class Row {
  #link = el("a", { class: "row-title" });
  #id = el("code", { class: "row-id" });
  #note = el("span");
  #due = new DueWords();
  #expected = new ExpectedWords();
  #chip = new StatusChip();
  #bar = /** @type {HTMLProgressElement} */ (el("progress", { max: 100 }));
  #percent = el("span", { class: "row-percent" });
  #submitted;
  #took = el("span", { class: "row-took" });
  #tags = new TagLinks();

  /** @param {Job} job */
  constructor(job) {
    this.#link.setAttribute("href", jobHref(job.job_id));
    this.#id.title = job.job_id;
    setText(this.#id, shortId(job.job_id));
    this.#submitted = timeElement(job.submitted_at, "ago");
    this.root = el(
      "li",
      { class: "row", "data-job-id": job.job_id },
      el(
        "div",
        { class: "row-what" },
        this.#link,
        el("p", { class: "row-sub" }, this.#id, this.#tags.root, this.#subline()),
      ),
      this.#chip.root,
      el("div", { class: "row-progress" }, this.#bar, this.#percent),
      el("div", { class: "row-when" }, this.#submitted, this.#took),
    );
    this.root.addEventListener("click", (event) => this.#clicked(event));
    this.update(job);
  }

  /** @param {Job} job */
  update(job) {
    setAttribute(this.root, "data-status", job.status);
    setText(this.#link, titleOf(job));
    this.#link.title = titleOf(job);
    setText(this.#note, noteOf(job));
    this.#due.update(job);
    this.#expected.update(job, Boolean(noteOf(job)));
    this.#chip.update(job);
    this.#tags.update(job);
    this.#bar.value = percent(job);
    setAttribute(this.#bar, "aria-label", `Progress of ${titleOf(job)}`);
    setText(this.#percent, `${percent(job)} %`);
    setTime(this.#submitted, job.submitted_at);
    setText(this.#took, job.terminal ? `took ${duration(tookMs(job))}` : "");
  }

  #subline() {
    return el("span", { class: "row-note" }, this.#due.root, this.#note, this.#expected.root);
  }

  /** What lies over the link to show its tooltip leads to the job all the same.
   * @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    if (!this.#link.contains(target) && !target.closest("a")) this.#link.click();
  }
}

/** @param {Job} job */
function noteOf(job) {
  const attempt = job.attempt > 1 ? `attempt ${job.attempt}` : "";
  const note = job.error?.message ?? (job.terminal ? "" : job.note);
  const words = [attempt, note].filter(Boolean).join(", ");
  return isPostponed(job) && words ? `, ${words}` : words;
}
