// @ts-check
// A redrive under way: page after page of commands, at a pace, until there are no more. It stops
// between two pages and goes on from there, after a reload too: the same page twice is one command
// a job.

import { Backoff } from "../../live/backoff.js";
import { retryJobs } from "../../shared/commands.js";

/** @typedef {import("../../shared/job.js").Job} Job */
/** @typedef {import("../../shared/problem.js").Problem} Problem */
/** @typedef {{ job_id: string, reason: string }} Refused */
/**
 * @typedef {object} Plan
 * @property {import("../../shared/commands.js").RedriveFilter} filter
 * @property {string} words the filter's
 * @property {number} matched as the dry run has counted
 * @property {number} commanded
 * @property {number} skipped
 * @property {string | null} cursor where to go on
 * @typedef {"running" | "stopping" | "waiting" | "stopped" | "done"} RedriveState
 */

// A page more may be on its way when the reader says stop.
const PAGE = 100;
// 10,000 in half a minute: other users' commands come in between.
const PAUSE_MS = 250;
const MOST_REFUSED = 100;

export class Redrive {
  /** @type {RedriveState} */
  state = "stopped";
  /** @type {Problem | null} */
  problem = null;
  /** @type {Refused[]} */
  refused = [];
  refusals = 0;
  accepted = 0;
  /** @type {Set<string>} commands of which it is not known yet what became of them */
  #open = new Set();
  /** A stage may be quicker than the gateway's answer. @type {Map<string, Job>} */
  #early = new Map();
  #backoff = new Backoff({ firstMs: 1000, maxMs: 15_000 });
  #hurry = () => {};

  /** @param {Plan} plan @param {() => void} onChange */
  constructor(plan, onChange) {
    this.plan = plan;
    this.onChange = onChange;
  }

  async run() {
    this.#become("running");
    while (this.#goesOn) {
      const pauseMs = await this.#step();
      if (this.#goesOn) await this.#pause(pauseMs);
    }
    if (this.state === "stopping") this.#become("stopped");
  }

  get #goesOn() {
    return this.state === "running" || this.state === "waiting";
  }

  /** The page that is on its way arrives all the same. */
  stop() {
    this.#become("stopping");
    this.#hurry();
  }

  /** What became of the commands is told by their jobs. @param {Job} job */
  hear(job) {
    const { command } = job;
    if (!command || command.state === "requested") return;
    if (!this.#open.delete(command.command_id)) {
      if (this.#goesOn) this.#early.set(command.command_id, job);
      return;
    }
    if (command.state === "accepted") this.accepted += 1;
    else this.#refuse({ job_id: job.job_id, reason: command.reason || "no reason was given" });
    this.onChange();
  }

  /** @returns {Promise<number>} how long to pause before the next one */
  async #step() {
    try {
      await this.#page();
      this.#backoff.succeeded();
      if (this.plan.cursor === null) this.#become("done");
      else if (this.state === "waiting") this.#become("running");
      return PAUSE_MS;
    } catch (error) {
      this.#failed(/** @type {Problem} */ (error));
      return this.#backoff.nextMs();
    }
  }

  async #page() {
    const { filter, cursor } = this.plan;
    this.#early.clear();
    const answer = await retryJobs({ filter, dry_run: false, limit: PAGE, cursor });
    this.problem = null;
    for (const { command_id: id } of answer.items) this.#open.add(id);
    for (const job of this.#early.values()) this.hear(job);
    for (const refused of answer.skipped) this.#refuse(refused);
    this.plan.commanded += answer.commanded;
    this.plan.skipped += answer.skipped.length;
    this.plan.cursor = answer.next_cursor;
    this.onChange();
  }

  /** @param {Problem} problem */
  #failed(problem) {
    this.problem = problem;
    if (!problem.passing) this.#become("stopped");
    else if (this.state === "running") this.#become("waiting");
    else this.onChange();
  }

  /** @param {Refused} refused */
  #refuse(refused) {
    this.refusals += 1;
    if (this.refused.length < MOST_REFUSED) this.refused.push(refused);
  }

  /** @param {RedriveState} state */
  #become(state) {
    this.state = state;
    this.onChange();
  }

  /** @param {number} ms */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }
}
