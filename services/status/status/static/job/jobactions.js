// @ts-check
// What can be asked of a job that failed, is held, or is on its way.

import { askJob, cancelJob, retryJob } from "../shared/commands.js";
import { button, el, setAttribute, setText } from "../shared/dom.js";
import { Asking } from "./asking.js";

/** @typedef {import("../shared/job.js").Job} Job */

export class JobActions {
  #retry = button("Retry", () => this.#askRetry(), { icon: "waiting" });
  #release = button("Run it now", () => this.#askRelease(), { icon: "running" });
  #cancel = button("Cancel the job", () => this.#askCancel(), { icon: "cancelled" });
  /** The line that tells what became of a command. */
  words = el("p", { class: "job-command", role: "status" });
  root = el("div", { class: "job-actions", role: "group", "aria-label": "Commands" });

  /** @param {Job} job @param {() => void} onFocusLost the button with the focus is gone */
  constructor(job, onFocusLost) {
    this.asking = new Asking(job);
    this.asking.listen(() => this.update(this.asking.job));
    this.onFocusLost = onFocusLost;
    this.root.append(this.#retry, this.#release, this.#cancel);
  }

  /** @param {Job} job */
  update(job) {
    this.asking.update(job);
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    this.#retry.hidden = !mayRetry(job);
    this.#release.hidden = !job.held || job.terminal;
    this.#cancel.hidden = job.terminal;
    if (focused?.hidden && this.root.contains(focused)) this.onFocusLost();
    // Not "disabled", which would take the focus away from whoever has just pressed it.
    for (const node of [this.#retry, this.#release, this.#cancel])
      setAttribute(node, "aria-disabled", String(this.asking.isPending));
    setAttribute(this.words, "data-failed", Boolean(this.asking.failure));
    setText(this.words, this.asking.words);
  }

  #askRetry() {
    const { job_id: jobId, attempt, error } = this.asking.job;
    const failed = { attempt, stage: error?.stage ?? "" };
    this.asking.ask("retry", (key) => retryJob(jobId, failed, key));
  }

  #askRelease() {
    const { job_id: jobId, attempt, stage = "" } = this.asking.job;
    this.asking.ask("release", (key) => askJob(jobId, "release", { attempt, stage }, key));
  }

  #askCancel() {
    const { job_id: jobId, attempt } = this.asking.job;
    this.asking.ask("cancel", (key) => cancelJob(jobId, attempt, key));
  }
}

/** A dead letter is enough: its bytes are there, whatever their stage thought of them.
 * @param {Job} job */
export function mayRetry({ status, error }) {
  return status === "FAILED" && Boolean(error?.retry_available || error?.dead_letter);
}
