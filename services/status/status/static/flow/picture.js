// @ts-check
// The pipeline as boxes that are alive: who waits, what runs, how fast, and what holds it up.

import { el, icon, setAttribute, setText } from "../shared/dom.js";
import { count, rate, seconds } from "./scale.js";
import { svg } from "./svg.js";

/** @typedef {import("./flowapi.js").Pipeline} Pipeline */
/** @typedef {import("./flowapi.js").Stage} Stage */

// What pauses a stage now and then where all is well.
const ORDINARY = new Set(["buffer", "not due", "taking over"]);

export class Picture {
  /** @type {Map<string, Box>} */
  #boxes = new Map();
  #done = el("strong");

  /** @param {HTMLElement} root a list */
  constructor(root) {
    this.root = root;
  }

  /** @param {Pipeline} pipeline */
  show({ stages, jobs }) {
    if (this.#boxes.size !== stages.length) this.#build(stages);
    for (const stage of stages) this.#boxes.get(stage.name)?.show(stage);
    setText(this.#done, (jobs.COMPLETED ?? 0).toLocaleString());
  }

  /** @param {Stage[]} stages */
  #build(stages) {
    this.#boxes = new Map(stages.map((stage) => [stage.name, new Box(stage.label)]));
    const words = el("span", {}, "completed");
    const end = el("li", { class: "flow-end" }, icon("completed"), this.#done, words);
    this.root.replaceChildren(...[...this.#boxes.values()].flatMap((box) => box.nodes), end);
  }
}

class Box {
  #waiting = el("strong", { class: "flow-waiting" });
  #oldest = el("span", { class: "muted" });
  #running = el("strong");
  #rate = el("strong");
  #aside = el("p", { class: "flow-aside muted" });
  #pause = el("p", { class: "flow-pause" });
  #line = svg("svg", { class: "flow-arrow", viewBox: "0 0 48 12", "aria-hidden": "true" });
  #box = el("li", { class: "flow-stage" });

  /** @param {string} label */
  constructor(label) {
    this.#line.append(svg("path", { d: "M2 6H44M38 1l7 5-7 5" }));
    this.#box.append(
      el("h3", {}, label),
      el("p", {}, this.#running, " running"),
      el("p", {}, this.#rate, " done"),
      this.#aside,
      this.#pause,
    );
    const queue = el("li", { class: "flow-queue" }, this.#waiting, el("span", {}, "waiting"));
    queue.append(this.#oldest, this.#line);
    this.nodes = [queue, this.#box];
  }

  /** @param {Stage} stage */
  show(stage) {
    setText(this.#waiting, stage.waiting.toLocaleString());
    const oldest = stage.oldest_waiting_seconds >= 1 ? `longest ${seconds(stage.oldest_waiting_seconds)}` : "";
    setText(this.#oldest, oldest);
    setText(this.#running, count(stage.running));
    setText(this.#rate, stage.done_per_second === null ? "–" : rate(stage.done_per_second));
    setText(this.#aside, beside(stage));
    const held = stage.pauses.filter(({ reason }) => !ORDINARY.has(reason));
    this.#show(held.map(({ reason }) => reason));
    const isMoving = !held.length && (stage.running > 0 || (stage.done_per_second ?? 0) > 0);
    setAttribute(this.#line, "data-moving", isMoving);
    setAttribute(this.#box, "data-held", held.length > 0);
  }

  /** @param {string[]} reasons */
  #show(reasons) {
    const words = reasons.length ? `Paused: ${[...new Set(reasons)].map(worded).join(", ")}` : "";
    if (this.#pause.textContent === words) return;
    this.#pause.replaceChildren(...(words ? [icon("paused"), words] : []));
  }
}

/** @param {string} reason */
function worded(reason) {
  return reason.replace(/^breaker:/, "waits for ");
}

/** @param {Stage} stage */
function beside({ retries_pending: later, dead_letters: letters }) {
  const parts = [];
  if (later) parts.push(`${later.toLocaleString()} tried again later`);
  if (letters) parts.push(`${letters.toLocaleString()} dead letter${letters === 1 ? "" : "s"}`);
  return parts.join(", ");
}
