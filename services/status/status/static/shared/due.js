// @ts-check
// When a job that failed for a while is tried again, counting down.

import { el, setText } from "./dom.js";
import { setTime, timeElement } from "./time.js";

/** @typedef {import("./job.js").Job} Job */

export class DueWords {
  #when = timeElement("", "until");
  #which = el("span");
  root = el("span");

  /** @param {Job} job */
  update(job) {
    if (!isPostponed(job)) return this.root.replaceChildren();
    if (!this.root.firstChild) this.root.append("tried again ", this.#when, this.#which);
    setTime(this.#when, job.due_at ?? "");
    // The first run was a try as well.
    setText(this.#which, job.tries ? `, try ${job.tries + 1}` : "");
  }
}

/** @param {Job} job */
export function isPostponed(job) {
  return !job.terminal && Boolean(job.due_at);
}
