// @ts-check
// Why a job failed, what can be done, and where its dead letter lies.

import { copyButton } from "./copybutton.js";
import { el, icon } from "../shared/dom.js";

/** @typedef {import("../shared/job.js").JobError} JobError */

/** @param {JobError} error */
export function errorPanel(error) {
  return el(
    "section",
    { class: "error", "aria-labelledby": "error-title" },
    el("h2", { id: "error-title" }, icon("failed"), "What went wrong"),
    el("p", { class: "error-message" }, error.message),
    el("p", {}, remedy(error)),
    el(
      "dl",
      { class: "facts" },
      ...fact("Stage", error.stage),
      ...fact("Error", error.error_class),
      ...letter(error),
    ),
  );
}

/** @param {JobError} error */
function remedy(error) {
  return error.retry_available
    ? "The same job can be run again: its record is kept as it came."
    : "The same file would fail again: correct it and submit it anew.";
}

/** @param {JobError} error */
function letter({ dead_letter: position }) {
  if (!position) return [];
  const { topic, partition, offset } = position;
  const place = el(
    "span",
    {},
    el("code", {}, topic),
    `, partition ${partition}, offset ${offset} `,
  );
  return fact(
    "Dead letter",
    place,
    copyButton("Copy where the dead letter lies", `${topic}-${partition}@${offset}`),
  );
}

/** @param {string} name @param {...(Node | string)} value */
function fact(name, ...value) {
  return [el("dt", {}, name), el("dd", {}, ...value)];
}
