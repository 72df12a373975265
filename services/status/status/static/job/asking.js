// @ts-check
// Something is asked of a job, one thing at a time, and what became of the asking: the job itself
// tells the latter, the gateway's receipt stands in until it does.

import { remedyFor } from "../shared/problem.js";
import { freshKey } from "../submit/key.js";
import { commandWords, isPast, isTold } from "./commandwords.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("../shared/job.js").Command} Command */
/** @typedef {import("../shared/problem.js").Problem} Problem */

export class Asking {
  /** A wish that may not have arrived keeps its key. @type {Map<string, string>} */
  #keys = new Map();
  /** @type {Command | null} taken by the gateway, not yet told by the job */
  #taken = null;
  #isAsking = false;
  /** Why it could not be asked, if so. */
  failure = "";

  /** @type {(() => void)[]} */
  #listeners = [];

  /** @param {Job} job */
  constructor(job) {
    this.job = job;
  }

  /** @param {() => void} listener called whenever something was asked, or could not be */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** @param {Job} job */
  update(job) {
    this.job = job;
    if (isTold(job, this.#taken)) this.#taken = null;
  }

  /** Whether something was asked that is not carried out yet. */
  get isPending() {
    const command = this.#command;
    const isOpen = command?.state === "requested" && !isPast(this.job, command);
    return this.#isAsking || Boolean(isOpen);
  }

  get words() {
    return this.failure || commandWords(this.#command, this.job);
  }

  get #command() {
    return this.#taken ?? this.job.command;
  }

  /**
   * @param {string} kind
   * @param {(key: string) => Promise<{ command_id: string }>} send
   * @param {string} [what] more of the wish than its kind
   */
  async ask(kind, send, what = "") {
    if (this.isPending) return;
    const { attempt } = this.job;
    const wish = `${kind} ${attempt} ${what}`;
    const key = this.#keys.get(wish) ?? freshKey();
    this.#keys.set(wish, key);
    this.#show(true, "");
    try {
      const { command_id } = await send(key);
      this.#keys.delete(wish);
      this.#taken = { command_id, kind, attempt, state: "requested" };
      this.#show(false, "");
    } catch (error) {
      const problem = /** @type {Problem} */ (error);
      this.#show(false, `${problem.message} ${remedyFor(problem)}`);
    }
  }

  /** @param {boolean} isAsking @param {string} failure */
  #show(isAsking, failure) {
    this.#isAsking = isAsking;
    this.failure = failure;
    for (const listener of this.#listeners) listener();
  }
}
