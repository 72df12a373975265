// @ts-check
// Every step a job has taken, attempt by attempt: when, how long it stayed there, and what there
// is to say of it.

import { el, icon, setAttribute, setText } from "../shared/dom.js";
import { describe, isAtWork } from "../shared/statuses.js";
import { clock, duration, timeElement } from "../shared/time.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("../shared/job.js").Step} Step */
/** @typedef {import("../shared/job.js").Attempt} Attempt */

export class Timeline {
  root = el("div", { class: "attempts" });
  /** @type {string} what is drawn, so that progress within a step redraws nothing */
  #drawn = "";

  /** @param {Job} job */
  update(job) {
    const attempts = attemptsOf(job);
    const drawing = JSON.stringify([attempts, job.terminal]);
    if (drawing === this.#drawn) return;
    this.#drawn = drawing;
    const last = attempts.length - 1;
    this.root.replaceChildren(
      ...attempts.map((attempt, index) =>
        section(attempt, last > 0, index === last && !job.terminal),
      ),
    );
  }
}

/** @param {Job} job @returns {Attempt[]} */
function attemptsOf(job) {
  if (job.attempts) return job.attempts;
  /** @type {Map<number, Step[]>} */
  const steps = new Map();
  for (const step of job.timeline ?? [])
    steps.set(step.attempt, [...(steps.get(step.attempt) ?? []), step]);
  return [...steps].map(([attempt, its]) => ({ attempt, steps: its }));
}

/** @param {Attempt} attempt @param {boolean} isOneOfMany @param {boolean} isOpen */
function section(attempt, isOneOfMany, isOpen) {
  const list = el("ol", { class: "timeline", role: "list" }, ...items(attempt, isOpen));
  if (!isOneOfMany) return list;
  const id = `attempt-${attempt.attempt}`;
  setAttribute(list, "aria-labelledby", id);
  return el("div", {}, el("h3", { id }, `Attempt ${attempt.attempt}`), list);
}

/** @param {Attempt} attempt @param {boolean} isOpen */
function items({ steps, error }, isOpen) {
  return steps.map((step, index) => {
    const next = steps[index + 1];
    // A step of earlier records says nothing itself; the error that ended the attempt does.
    const detail = step.detail || (next ? "" : error?.message) || "";
    return stepItem(step, next, !next && isOpen, detail);
  });
}

/** @param {Step} step @param {Step | undefined} next @param {boolean} current
 * @param {string} detail */
function stepItem(step, next, current, detail) {
  const { words, group } = describe(step.status);
  const item = el(
    "li",
    { class: "step", "data-group": group, "data-status": step.status },
    el("span", { class: "step-mark" }, icon(next && group === "running" ? "completed" : group)),
    el("span", { class: "step-words" }, words),
    stay(step, next, current),
    timeElement(step.at, "clock"),
  );
  if (detail) item.append(el("span", { class: "step-detail" }, detail));
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
