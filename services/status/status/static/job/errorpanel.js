// @ts-check
// Why a job failed, is put off or was cancelled, what can be done, and where its dead letter lies.

import { copyButton } from "./copybutton.js";
import { el, icon } from "../shared/dom.js";
import { letterHref } from "../shared/job.js";
import { describe } from "../shared/statuses.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("../shared/job.js").JobError} JobError */

const HEADINGS = new Map([
  ["waiting", "Why it is tried again"],
  ["cancelled", "Cancelled"],
]);

/** @param {Job} job @param {JobError} error the job's */
export function errorPanel(job, error) {
  const { group } = describe(job.status);
  const heading = HEADINGS.get(group) ?? "What went wrong";
  const mark = HEADINGS.has(group) ? group : "failed";
  return el(
    "section",
    { class: "error", "data-group": mark, "aria-labelledby": "error-title" },
    el("h2", { id: "error-title" }, icon(mark), heading),
    el("p", { class: "error-message" }, error.message),
    el("p", {}, remedy(group, error)),
    el(
      "dl",
      { class: "facts" },
      ...fact("Stage", error.stage),
      ...(group === "cancelled" ? [] : fact("Error", error.error_class)),
      ...letter(error),
    ),
  );
}

/** @param {string} group @param {JobError} error */
function remedy(group, error) {
  if (group === "waiting") return "It may pass: the stage tries again by itself.";
  if (group === "cancelled") return "Nothing more happens to it; submit the file anew to run it.";
  return error.retry_available
    ? "The same job can be run again: its record is kept as it came."
    : "The same file would fail again: correct it and submit it anew.";
}

/** @param {JobError} error */
function letter({ dead_letter: position }) {
  if (!position) return [];
  const { topic, partition, offset } = position;
  const place = el(
    "a",
    { href: letterHref(position) },
    el("code", {}, topic),
    `, partition ${partition}, offset ${offset}`,
  );
  return fact(
    "Dead letter",
    place,
    " ",
    copyButton("Copy where the dead letter lies", `${topic}-${partition}@${offset}`),
  );
}

/** @param {string} name @param {...(Node | string)} value */
function fact(name, ...value) {
  return [el("dt", {}, name), el("dd", {}, ...value)];
}
