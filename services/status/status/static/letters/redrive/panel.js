// @ts-check
// A redrive as the reader follows it: how far it is, what was refused and why, stop and go on.

import { oncePerFrame } from "../../live/frame.js";
import { button, byId, el, setAttribute, setText } from "../../shared/dom.js";
import { remedyFor } from "../../shared/problem.js";
import { Redrive } from "./redrive.js";
import { jobs, reasons, RedriveDialog } from "./dialog.js";

/** @typedef {import("./redrive.js").Plan} Plan */
/** @typedef {import("../../shared/commands.js").RedriveFilter} RedriveFilter */

// Of this tab, and kept over a reload.
const STORED = "headway-redrive";

export class RedrivePanel {
  #root = byId("redrive");
  #dialog = new RedriveDialog();
  #heading = el("h2", { id: "redrive-title" });
  #bar = /** @type {HTMLProgressElement} */ (el("progress", { "aria-labelledby": "redrive-title" }));
  #words = el("p", { class: "redrive-words" });
  #trouble = el("p", { class: "bad", role: "alert" });
  #refused = el("div");
  #toggle = button("Stop", () => this.#toggled());
  #dismiss = button("Dismiss", () => this.#dismissed());
  /** @type {Redrive | null} */
  #redrive = null;
  #shownRefusals = 0;
  #kept = "";
  #changed = oncePerFrame(() => this.#draw());

  /** @param {() => void} onChange of isBusy, perhaps */
  constructor(onChange) {
    this.onChange = onChange;
    const actions = el("div", { class: "redrive-actions" }, this.#toggle, this.#dismiss);
    const parts = [this.#heading, this.#bar, this.#words, actions, this.#trouble, this.#refused];
    this.#root.append(...parts);
  }

  /** One that a reload has interrupted waits to be gone on with. */
  restore() {
    const plan = stored();
    if (plan) this.#take(plan);
  }

  /** Whether one is not over yet: two at once would only hide each other. */
  get isBusy() {
    return this.#redrive !== null && this.#redrive.state !== "done";
  }

  /**
   * Counts, asks, and begins.
   * @param {RedriveFilter} filter
   * @param {string} words the filter's
   * @returns {Promise<boolean>} whether it has begun
   */
  async begin(filter, words) {
    const matched = await this.#dialog.ask(filter, words);
    if (matched === null) return false;
    this.#take({ filter, words, matched, commanded: 0, skipped: 0, cursor: null });
    this.#toggle.focus();
    this.#redrive?.run();
    return true;
  }

  /** @param {import("../../shared/job.js").Job} job */
  hear(job) {
    this.#redrive?.hear(job);
  }

  /** @param {Plan} plan */
  #take(plan) {
    this.#shownRefusals = 0;
    this.#refused.replaceChildren();
    this.#redrive = new Redrive(plan, () => {
      this.#keep();
      this.#changed();
    });
    this.#root.hidden = false;
    this.#draw();
  }

  #toggled() {
    const state = this.#redrive?.state;
    if (state === "stopped") this.#redrive?.run();
    else if (state === "running" || state === "waiting") this.#redrive?.stop();
  }

  #dismissed() {
    this.#root.hidden = true;
    this.#redrive = null;
    store("");
    byId("letters-title").focus();
    this.onChange();
  }

  /** At once: the page may be left before it is drawn. */
  #keep() {
    const { plan, state } = /** @type {Redrive} */ (this.#redrive);
    const kept = state === "done" ? "" : JSON.stringify(plan);
    if (kept === this.#kept) return;
    this.#kept = kept;
    store(kept);
  }

  #draw() {
    const redrive = this.#redrive;
    if (!redrive) return;
    const { plan, state, problem } = redrive;
    const isOver = state === "done";
    setText(this.#heading, HEADINGS[state]);
    this.#bar.max = Math.max(1, plan.matched);
    this.#bar.value = isOver ? this.#bar.max : plan.commanded + plan.skipped;
    setText(this.#words, progressWords(redrive));
    const trouble = problem ? `${problem.message} ${troubleWords(redrive)}` : "";
    setText(this.#trouble, trouble);
    this.#offer(state);
    this.#drawRefusals(redrive);
    this.onChange();
    if (this.#root.dataset.state === state) return;
    setAttribute(this.#root, "data-state", state);
    setText(byId("announcer"), `${HEADINGS[state]}. ${progressWords(redrive)}`);
  }

  /** @param {import("./redrive.js").RedriveState} state */
  #offer(state) {
    const had = this.#root.contains(document.activeElement);
    setText(this.#toggle, state === "stopped" ? "Go on" : "Stop");
    setAttribute(this.#toggle, "aria-disabled", String(state === "stopping"));
    this.#toggle.hidden = state === "done";
    this.#dismiss.hidden = state !== "done" && state !== "stopped";
    if (had && document.activeElement !== this.#dismiss && this.#toggle.hidden)
      this.#dismiss.focus();
  }

  /** They hold links: they are rebuilt only when there are more. @param {Redrive} redrive */
  #drawRefusals({ refused, refusals }) {
    if (refusals === this.#shownRefusals) return;
    this.#shownRefusals = refusals;
    const more = refusals - refused.length;
    this.#refused.replaceChildren(
      el("h3", {}, `${jobs(refusals)} refused`),
      reasons(refused),
      ...(more > 0 ? [el("p", { class: "muted" }, `and ${more} more.`)] : []),
    );
  }
}

/** @type {Record<import("./redrive.js").RedriveState, string>} */
const HEADINGS = {
  running: "Redriving",
  stopping: "Stopping after this page",
  waiting: "Redriving, held up",
  stopped: "Redrive stopped",
  done: "Redrive done",
};

/** @param {Redrive} redrive */
function progressWords({ plan, state, accepted }) {
  const { words, matched, commanded, skipped } = plan;
  const gone = matched - commanded - skipped;
  const parts = [
    `${commanded.toLocaleString()} of ${jobs(matched)} asked to try again`,
    accepted ? `${accepted.toLocaleString()} taken up by their stage` : "",
    state === "done" && gone > 0 ? `${gone.toLocaleString()} had gone on meanwhile` : "",
  ];
  return `${parts.filter(Boolean).join(", ")} (${words}).`;
}

/** @param {Redrive} redrive */
function troubleWords({ state, problem }) {
  if (state === "waiting") return "The page tries again by itself.";
  return problem ? remedyFor(problem) : "";
}

/** @param {string} kept "" = nothing */
function store(kept) {
  if (kept) sessionStorage.setItem(STORED, kept);
  else sessionStorage.removeItem(STORED);
}

/** @returns {Plan | null} */
function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? "null");
  } catch {
    return null;
  }
}
