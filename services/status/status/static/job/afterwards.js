// @ts-check
// What can be asked of a job that is over: to run again from a stage, and to be forgotten.

import { askJob } from "../shared/commands.js";
import { button, el, setAttribute } from "../shared/dom.js";
import { STAGES, stageLabel } from "../shared/statuses.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("./asking.js").Asking} Asking */

export class Afterwards {
  #again = STAGES.map((stage) => ({
    stage,
    node: button(`Run again from ${stageLabel(stage)}`, () => this.#askAgain(stage)),
  }));
  #forget = button("Forget this job…", () => this.#confirm());
  #dialog = this.#question();
  root;

  /** @param {Asking} asking */
  constructor(asking) {
    this.asking = asking;
    asking.listen(() => this.update(asking.job));
    const nodes = this.#again.map(({ node }) => node);
    this.root = el(
      "section",
      { class: "afterwards", "aria-labelledby": "afterwards-title" },
      el("h2", { id: "afterwards-title" }, "Afterwards"),
      el("div", { class: "afterwards-actions" }, ...nodes, this.#forget),
      this.#dialog,
    );
  }

  /** @param {Job} job */
  update(job) {
    this.root.hidden = !job.terminal || !job.stage;
    const reached = STAGES.indexOf(job.stage ?? "");
    // A stage that never took the job has no record of it to begin with.
    for (const [index, { node }] of this.#again.entries()) node.hidden = index > reached;
    for (const node of [...this.#again.map((again) => again.node), this.#forget])
      setAttribute(node, "aria-disabled", String(this.asking.isPending));
  }

  /** @param {string} from */
  #askAgain(from) {
    const { job_id: jobId, attempt, stage = "" } = this.asking.job;
    const stands = { attempt, stage };
    this.asking.ask("reprocess", (key) => askJob(jobId, "reprocess", stands, key, from), from);
  }

  #confirm() {
    if (this.asking.isPending) return;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }

  #question() {
    const dialog = /** @type {HTMLDialogElement} */ (
      el("dialog", { class: "dialog", "aria-labelledby": "forget-question" })
    );
    const words = "Its entry, its results and what was uploaded go, for everybody and for good.";
    const yes = button("Forget it", () => dialog.close("yes"), { kind: "button button-bad" });
    const no = button("Keep it", () => dialog.close());
    dialog.append(
      el("h2", { id: "forget-question" }, "Forget this job?"),
      el("p", { class: "muted" }, words),
      el("div", { class: "dialog-actions" }, yes, no),
    );
    dialog.addEventListener("close", () => dialog.returnValue === "yes" && this.#askForget());
    return dialog;
  }

  #askForget() {
    const { job_id: jobId, attempt, stage = "" } = this.asking.job;
    this.asking.ask("forget", (key) => askJob(jobId, "forget", { attempt, stage }, key));
  }
}
