// @ts-check
// When a job that waits for its time goes on: one that is tried again, and one that is held.

import { el, setText } from "./dom.js";
import { setTime, timeElement } from "./time.js";

/** @typedef {import("./job.js").Job} Job */

export class DueWords {
  #words = el("span");
  #at = timeElement("", "moment");
  #when = timeElement("", "until");
  #which = el("span");
  root = el("span");
  #form = "";

  /** @param {Job} job */
  update(job) {
    this.#arrange(formOf(job));
    const dueAt = job.due_at ?? "";
    setText(this.#words, wordsBefore(job));
    setTime(this.#at, dueAt);
    setTime(this.#when, dueAt);
    // The first run was a try as well.
    setText(this.#which, job.tries ? `, try ${job.tries + 1}` : "");
  }

  /** @param {Form} form */
  #arrange(form) {
    if (form === this.#form) return;
    this.#form = form;
    this.root.replaceChildren(
      ...{
        "": [],
        tried: [this.#words, this.#when, this.#which],
        held: [this.#words],
        timed: [this.#words, this.#at, ", ", this.#when],
      }[form],
    );
  }
}

/** @typedef {"" | "tried" | "held" | "timed"} Form */

/** @param {Job} job @returns {Form} */
function formOf(job) {
  if (!isPostponed(job)) return "";
  if (!job.held) return "tried";
  return job.due_at ? "timed" : "held";
}

/** @param {Job} job */
export function isPostponed(job) {
  return !job.terminal && Boolean(job.due_at || job.held);
}

/** @param {Job} job */
function wordsBefore({ held, due_at: dueAt }) {
  if (!held) return "tried again ";
  if (held === "window") return dueAt ? "held until " : "held until its window opens";
  return dueAt ? "begins " : "held";
}
