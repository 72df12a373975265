// @ts-check
// One rule: what it does, when it does so next, how far it is, and what can be asked of it. Built
// once, then brought up to date in place.

import { el, setAttribute, setText } from "../shared/dom.js";
import { setTime, timeElement } from "../shared/time.js";
import { RuleActions } from "./ruleactions.js";
import { isAtWork, jobs, kindOf, runWords } from "./words.js";

/** @typedef {import("./schedulesapi.js").Rule} Rule */

export class RuleView {
  #kind = el("span", { class: "rule-kind" });
  #about = el("p", { class: "rule-about" });
  #next = new Moment("next", "until");
  #last = new Moment("last", "ago");
  #counts = el("span");
  #paused = el("span", { class: "rule-paused" });
  #bar = /** @type {HTMLProgressElement} */ (el("progress", { max: 1 }));
  #run = el("p", { class: "rule-run", role: "status" });
  #actions;

  /** @param {Rule} rule @param {() => void} onAsked something was asked of it */
  constructor(rule, onAsked) {
    const id = `rule-${rule.rule}`;
    this.#actions = new RuleActions(rule, onAsked);
    setAttribute(this.#bar, "aria-label", `Progress of ${rule.rule}`);
    const title = el("h3", { id }, rule.rule);
    this.root = el(
      "li",
      { class: "rule", "aria-labelledby": id, "data-rule": rule.rule },
      el("div", { class: "rule-head" }, title, this.#kind, this.#paused),
      this.#actions.root,
      this.#about,
      el("p", { class: "rule-facts muted" }, this.#next.root, this.#last.root, this.#counts),
      this.#bar,
      this.#run,
      this.#actions.words,
    );
    this.update(rule);
  }

  /** @param {Rule} rule */
  update(rule) {
    setText(this.#kind, kindOf(rule.kind).words);
    setText(this.#about, rule.about);
    // What is paused does nothing by itself.
    this.#next.show(rule.paused ? null : rule.next_at);
    this.#last.show(rule.last_at);
    setText(this.#counts, countWords(rule));
    setText(this.#paused, pauseWords(rule));
    setAttribute(this.root, "data-paused", rule.paused);
    this.#showRun(rule);
    this.#actions.update(rule);
  }

  /** @param {Rule} rule */
  #showRun(rule) {
    const { run } = rule;
    this.#bar.hidden = !isAtWork(rule);
    if (run) {
      this.#bar.max = Math.max(1, run.end);
      this.#bar.value = Math.min(run.position, run.end);
    }
    setText(this.#run, run && rule.kind !== "window" ? runWords(run) : "");
  }
}

/** A time with a word before it, or nothing. */
class Moment {
  #time;
  root = el("span");

  /** @param {string} words @param {"until" | "ago"} wording */
  constructor(words, wording) {
    this.words = words;
    this.#time = timeElement("", wording);
  }

  /** @param {string | null} iso */
  show(iso) {
    if (!iso) return this.root.replaceChildren();
    if (!this.root.firstChild) this.root.append(`${this.words} `, this.#time);
    setTime(this.#time, iso);
  }
}

/** @param {Rule} rule */
function countWords({ pending, done }) {
  const waits = pending ? `${jobs(pending)} waiting` : "";
  return [waits, done ? `${done.toLocaleString()} done` : ""].filter(Boolean).join(", ");
}

/** @param {Rule} rule */
function pauseWords({ paused, paused_by: by }) {
  if (!paused) return "";
  return by ? `Paused by ${by}` : "Paused";
}
