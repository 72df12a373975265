// @ts-check
// Before anything is redriven: a dry run tells how many jobs of which kind it would be, and the
// reader says yes or no.

import { retryJobs } from "../../shared/commands.js";
import { button, byId, el, setText } from "../../shared/dom.js";
import { jobHref, shortId } from "../../shared/job.js";
import { remedyFor } from "../../shared/problem.js";

/** @typedef {import("../../shared/commands.js").RedriveAnswer} RedriveAnswer */
/** @typedef {import("../../shared/commands.js").RedriveFilter} RedriveFilter */

// As many as the gateway tells of at once.
const LOOKED_AT = 500;
const SKIPPED_SHOWN = 10;

export class RedriveDialog {
  #root = /** @type {HTMLDialogElement} */ (byId("redrive-dialog"));
  #heading = el("h2", { id: "redrive-question", tabindex: -1 });
  #words = el("p", { class: "muted" });
  #counts = el("div", { class: "redrive-counts", role: "status" });
  #yes = button("Redrive", () => this.#root.close("yes"), { kind: "button button-strong" });
  #again = button("Count again", () => this.#count());
  #no = button("Cancel", () => this.#root.close());
  #counting = new AbortController();
  /** @type {RedriveFilter} */
  #filter = {};
  #matched = 0;
  /** @type {(answer: number | null) => void} */
  #answer = () => {};

  constructor() {
    const actions = el("div", { class: "dialog-actions" }, this.#yes, this.#again, this.#no);
    this.#root.append(this.#heading, this.#words, this.#counts, actions);
    // Told in a task of its own: whoever asks again at once is open by then.
    this.#root.addEventListener("close", () => this.#root.open || this.#closed());
  }

  /**
   * @param {RedriveFilter} filter
   * @param {string} words the filter's
   * @returns {Promise<number | null>} how many; null: the reader does not want to
   */
  ask(filter, words) {
    this.#closed();
    this.#filter = filter;
    setText(this.#words, words);
    this.#root.returnValue = "";
    this.#root.showModal();
    this.#count();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #closed() {
    this.#counting.abort();
    this.#answer(this.#root.returnValue === "yes" ? this.#matched : null);
  }

  async #count() {
    this.#counting = new AbortController();
    const { signal } = this.#counting;
    this.#show("Counting…", []);
    this.#heading.focus();
    try {
      const wish = { filter: this.#filter, dry_run: true, limit: LOOKED_AT, cursor: null };
      this.#counted(await retryJobs(wish, signal));
    } catch (error) {
      if (signal.aborted) return;
      const problem = /** @type {import("../../shared/problem.js").Problem} */ (error);
      const words = `${problem.message} ${remedyFor(problem)}`;
      this.#show("It could not be counted", [el("p", { class: "bad" }, words)], this.#again);
    }
  }

  /** @param {RedriveAnswer} answer */
  #counted(answer) {
    const kinds = [...numbers(answer)];
    this.#matched = answer.matched;
    const count = answer.matched - answer.skipped.length;
    if (count <= 0) return this.#show("Nothing here can be redriven", skipped(answer));
    setText(this.#yes, `Redrive ${jobs(count)}`);
    this.#show(
      `Try ${jobs(count)} again?`,
      [list(kinds), ...rest(answer), ...skipped(answer)],
      this.#yes,
    );
  }

  /** @param {string} heading @param {HTMLElement[]} nodes @param {HTMLElement} [action] */
  #show(heading, nodes, action) {
    setText(this.#heading, heading);
    this.#counts.replaceChildren(...nodes);
    this.#yes.hidden = action !== this.#yes;
    this.#again.hidden = action !== this.#again;
    setText(this.#no, action === this.#yes ? "Cancel" : "Close");
  }
}

/** @param {number} count */
export function jobs(count) {
  return count === 1 ? "1 job" : `${count.toLocaleString()} jobs`;
}

/** @param {RedriveAnswer} answer @returns {Map<string, number>} by stage and error */
function numbers({ items }) {
  const sums = new Map();
  for (const { stage, error_class: errorClass } of items) {
    const kind = `${stage}: ${errorClass}`;
    sums.set(kind, (sums.get(kind) ?? 0) + 1);
  }
  return sums;
}

/** @param {[string, number][]} kinds */
function list(kinds) {
  const lines = kinds
    .sort(([, one], [, other]) => other - one)
    .map(([kind, count]) => el("li", {}, el("strong", {}, count.toLocaleString()), ` ${kind}`));
  return el("ul", { class: "redrive-kinds", role: "list" }, ...lines);
}

/** @param {RedriveAnswer} answer */
function rest({ items, matched, skipped: left }) {
  const seen = items.length + left.length;
  if (seen >= matched) return [];
  const words = `These are the newest ${seen}; ${(matched - seen).toLocaleString()} more follow.`;
  return [el("p", { class: "muted" }, words)];
}

/** @param {RedriveAnswer} answer */
function skipped({ skipped: left }) {
  if (left.length === 0) return [];
  const more = left.length - SKIPPED_SHOWN;
  const heading = `${jobs(left.length)} cannot be redriven:`;
  return [
    el("p", {}, heading),
    reasons(left.slice(0, SKIPPED_SHOWN)),
    ...(more > 0 ? [el("p", { class: "muted" }, `and ${more} more.`)] : []),
  ];
}

/** @param {{ job_id: string, reason: string }[]} refused */
export function reasons(refused) {
  return el(
    "ul",
    { class: "reasons", role: "list" },
    ...refused.map(({ job_id: jobId, reason }) =>
      el("li", {}, el("a", { href: jobHref(jobId) }, `Job ${shortId(jobId)}`), `: ${reason}`),
    ),
  );
}
