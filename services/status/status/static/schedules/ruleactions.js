// @ts-check
// What can be asked of a rule. An answer says that it was taken; what came of it the rule tells.

import { button, el, setAttribute, setText } from "../shared/dom.js";
import { remedyFor } from "../shared/problem.js";
import { freshKey } from "../submit/key.js";
import { askRule } from "./schedulesapi.js";
import { isAtWork, jobs, kindOf, wasCounted } from "./words.js";

/** @typedef {import("./schedulesapi.js").Rule} Rule */
/** @typedef {import("./schedulesapi.js").Verb} Verb */
/** @typedef {import("../shared/problem.js").Problem} Problem */

// The scheduler of each lane tells within a second or so; longer than that, it is not heard.
const TOLD_WITHIN_MS = 15_000;

export class RuleActions {
  #buttons = {
    run: button("", () => this.#ask("run"), { kind: "button" }),
    count: button("Count first", () => this.#ask("count")),
    stop: button("", () => this.#ask("stop")),
    pause: button("Pause", () => this.#ask("pause")),
    resume: button("Resume", () => this.#ask("resume")),
  };
  root = el("div", { class: "rule-actions", role: "group" });
  words = el("p", { class: "rule-words", role: "status" });
  /** A wish that may not have arrived keeps its key. @type {Map<Verb, string>} */
  #keys = new Map();
  /** What was asked and is not told yet, and how the rule stood then.
   * @type {{ verb: Verb, before: string, at: number } | null} */
  #asked = null;
  #failure = "";

  /** @param {Rule} rule @param {() => void} onAsked */
  constructor(rule, onAsked) {
    this.rule = rule;
    this.onAsked = onAsked;
    setAttribute(this.root, "aria-label", `Ask ${rule.rule}`);
    this.root.append(...Object.values(this.#buttons));
  }

  /** @param {Rule} rule */
  update(rule) {
    this.rule = rule;
    if (this.#asked && this.#isTold()) this.#asked = null;
    this.#offer();
    for (const node of Object.values(this.#buttons))
      setAttribute(node, "aria-disabled", String(Boolean(this.#asked)));
    setAttribute(this.words, "data-failed", Boolean(this.#failure));
    setText(this.words, this.#failure || (this.#asked ? ASKED[this.#asked.verb] : ""));
  }

  #offer() {
    const { rule } = this;
    const kind = kindOf(rule.kind);
    const atWork = isAtWork(rule);
    const isWindow = rule.kind === "window";
    const counted = Boolean(kind.walks) && wasCounted(rule);
    const had = this.root.contains(document.activeElement);
    const { run, count, stop, pause, resume } = this.#buttons;
    // What cannot be taken back is counted first; then the number is what one says yes to.
    run.hidden = atWork || (Boolean(kind.final) && !(counted && rule.run?.matched));
    setText(run, counted ? `Do it for ${jobs(rule.run?.matched ?? 0)}` : kind.run);
    setAttribute(run, "class", counted ? "button button-strong" : "button");
    count.hidden = atWork || !kind.walks;
    setText(count, counted ? "Count again" : "Count first");
    stop.hidden = !kind.stop || !(atWork || isWindow);
    setText(stop, kind.stop ?? "");
    pause.hidden = rule.paused;
    resume.hidden = !rule.paused;
    if (had && !this.root.contains(visible(document.activeElement))) this.#focusFirst();
  }

  #focusFirst() {
    Object.values(this.#buttons)
      .find((node) => !node.hidden)
      ?.focus();
  }

  /** @param {Verb} verb */
  async #ask(verb) {
    if (this.#asked) return;
    const key = this.#keys.get(verb) ?? freshKey();
    this.#keys.set(verb, key);
    this.#failure = "";
    this.#asked = { verb, before: standing(this.rule), at: Date.now() };
    this.update(this.rule);
    try {
      await askRule(this.rule.rule, verb, key);
      this.#keys.delete(verb);
      this.onAsked();
    } catch (error) {
      const problem = /** @type {Problem} */ (error);
      this.#asked = null;
      this.#failure = `${problem.message} ${remedyFor(problem)}`.trim();
      this.update(this.rule);
    }
  }

  #isTold() {
    const asked = /** @type {NonNullable<typeof this.#asked>} */ (this.#asked);
    if (standing(this.rule) !== asked.before) return true;
    if (Date.now() - asked.at < TOLD_WITHIN_MS) return false;
    this.#failure = "It was asked for, and no scheduler has answered yet.";
    return true;
  }
}

/** @type {Record<Verb, string>} */
const ASKED = {
  run: "Asked for: it begins.",
  count: "Asked for: it counts.",
  stop: "Asked for: it stops.",
  pause: "Asked for: it pauses.",
  resume: "Asked for: it goes on.",
};

/** What changes when a rule has heard of something. @param {Rule} rule */
function standing({ paused, run, done, last_at: lastAt }) {
  return JSON.stringify([paused, run?.run_id, Boolean(run?.finished_at), done, lastAt]);
}

/** @param {Element | null} node */
function visible(node) {
  return node instanceof HTMLElement && !node.hidden ? node : null;
}
