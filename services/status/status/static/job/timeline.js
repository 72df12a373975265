// @ts-check
// Every step a job has taken: when, and how long it stayed there.

import { el, icon, setAttribute, setText } from "../shared/dom.js";
import { describe, isAtWork } from "../shared/statuses.js";
import { clock, duration, timeElement } from "../shared/time.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("../shared/job.js").Step} Step */

export class Timeline {
  root = el("ol", { class: "timeline", role: "list" });
  /** @type {string} what is drawn, so that progress within a step redraws nothing */
  #drawn = "";

  /** @param {Job} job */
  update(job) {
    const steps = job.timeline ?? [];
    const drawing = JSON.stringify([steps, job.terminal]);
    if (drawing === this.#drawn) return;
    this.#drawn = drawing;
    const items = steps.map((step, index) => stepItem(step, steps[index + 1], job));
    this.root.replaceChildren(...items);
  }
}

/** @param {Step} step @param {Step | undefined} next @param {Job} job */
function stepItem(step, next, job) {
  const { words, group } = describe(step.status);
  const current = !next && !job.terminal;
  const item = el(
    "li",
    { class: "step", "data-group": group, "data-status": step.status },
    el("span", { class: "step-mark" }, icon(next && group === "running" ? "completed" : group)),
    el("span", { class: "step-words" }, words),
    stay(step, next, current),
    timeElement(step.at, "clock"),
  );
  if (current) setAttribute(item, "aria-current", "step");
  return item;
}

/** How long the job was, or has been, at this step.
 * @param {Step} step @param {Step | undefined} next @param {boolean} current */
function stay(step, next, current) {
  const node = el("span", { class: "step-stay" });
  if (current)
    node.append(isAtWork(step.status) ? "for " : "waiting for ", timeElement(step.at, "elapsed"));
  if (!next) return node;
  setText(node, duration(Date.parse(next.at) - Date.parse(step.at)));
  node.title = `${clock(Date.parse(step.at))} to ${clock(Date.parse(next.at))}`;
  return node;
}
