// @ts-check
// What can be asked of a job, and what became of the asking: the job itself tells the latter, the
// gateway's receipt stands in until it does.

import { cancelJob, retryJob } from "../shared/commands.js";
import { button, el, setAttribute, setText } from "../shared/dom.js";
import { remedyFor } from "../shared/problem.js";
import { freshKey } from "../submit/key.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("../shared/job.js").Command} Command */
/** @typedef {import("../shared/problem.js").Problem} Problem */

export class JobActions {
  #retry = button("Retry", () => this.#ask("retry"), { icon: "waiting" });
  #cancel = button("Cancel the job", () => this.#ask("cancel"), { icon: "cancelled" });
  #words = el("p", { class: "job-command", role: "status" });
  root = el("div", { class: "job-actions", role: "group", "aria-label": "Commands" });
  /** A wish that may not have arrived keeps its key. @type {Map<string, string>} */
  #keys = new Map();
  /** @type {Command | null} taken by the gateway, not yet told by the job */
  #taken = null;
  #asking = false;
  #failure = "";

  /** @param {Job} job @param {() => void} onFocusLost the button with the focus is gone */
  constructor(job, onFocusLost) {
    this.job = job;
    this.onFocusLost = onFocusLost;
    this.root.append(this.#retry, this.#cancel);
  }

  /** The line that tells what became of a command. */
  get words() {
    return this.#words;
  }

  /** @param {Job} job */
  update(job) {
    this.job = job;
    if (isTold(job, this.#taken)) this.#taken = null;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    this.#retry.hidden = !mayRetry(job);
    this.#cancel.hidden = job.terminal;
    if (focused?.hidden && this.root.contains(focused)) this.onFocusLost();
    const command = this.#taken ?? job.command;
    const isOpen = command?.state === "requested" && !isPast(job, command);
    const pending = this.#asking || isOpen;
    // Not "disabled", which would take the focus away from whoever has just pressed it.
    for (const node of [this.#retry, this.#cancel])
      setAttribute(node, "aria-disabled", String(pending));
    setAttribute(this.#words, "data-failed", Boolean(this.#failure));
    setText(this.#words, this.#failure || commandWords(command, job));
  }

  /** @param {"retry" | "cancel"} kind */
  async #ask(kind) {
    if (this.#cancel.getAttribute("aria-disabled") === "true") return;
    const { attempt } = this.job;
    const wish = `${kind} ${attempt}`;
    const key = this.#keys.get(wish) ?? freshKey();
    this.#keys.set(wish, key);
    this.#show(true, "");
    try {
      const { command_id } = await this.#send(kind, key);
      this.#keys.delete(wish);
      this.#taken = { command_id, kind, attempt, state: "requested" };
      this.#show(false, "");
    } catch (error) {
      const problem = /** @type {Problem} */ (error);
      this.#show(false, `${problem.message} ${remedyFor(problem)}`);
    }
  }

  /** @param {"retry" | "cancel"} kind @param {string} key */
  #send(kind, key) {
    const { job_id: jobId, attempt, error } = this.job;
    if (kind === "cancel") return cancelJob(jobId, attempt, key);
    return retryJob(jobId, { attempt, stage: error?.stage ?? "" }, key);
  }

  /** @param {boolean} asking @param {string} failure */
  #show(asking, failure) {
    this.#asking = asking;
    this.#failure = failure;
    this.update(this.job);
  }
}

/** A dead letter is enough: its bytes are there, whatever their stage thought of them.
 * @param {Job} job */
export function mayRetry({ status, error }) {
  return status === "FAILED" && Boolean(error?.retry_available || error?.dead_letter);
}

/** Whether the job tells of the command itself, or has gone past it.
 * @param {Job} job @param {Command | null} command */
function isTold(job, command) {
  if (!command) return false;
  return job.command?.command_id === command.command_id || isPast(job, command);
}

/** @param {Job} job @param {Command} command */
function isPast(job, { kind, attempt }) {
  return job.attempt > attempt || (kind === "cancel" && job.terminal);
}

/** @param {Command | null | undefined} command @param {Job} job */
function commandWords(command, job) {
  if (!command) return "";
  const { kind, state, attempt } = command;
  const reason = command.reason ? `: ${command.reason}` : "";
  if (state === "refused") return `The ${kind} was refused${reason || "."}`;
  if (state === "late") return `The ${kind} came too late${reason || ": the job was over."}`;
  // Carried out, it is what the status says.
  if (state === "accepted" || isPast(job, command)) return "";
  return kind === "cancel"
    ? "Cancel requested: the stage that holds the job carries it out."
    : `Retry requested: its stage opens attempt ${attempt + 1}.`;
}
