// @ts-check
// The window of a stage: open or closed, until when.

import { el, setAttribute, setText } from "../shared/dom.js";
import { stageLabel } from "../shared/statuses.js";
import { setTime, timeElement } from "../shared/time.js";

/** @typedef {import("./schedulesapi.js").Window} Window */

export class WindowView {
  #state = el("span", { class: "status" });
  #words = el("span");
  #at = timeElement("", "moment");
  #in = timeElement("", "until");
  #when = el("span", {}, this.#at, " (", this.#in, ")");
  #some = el("span", { class: "muted" });

  /** @param {Window} window */
  constructor(window) {
    this.root = el(
      "li",
      { class: "window" },
      el("strong", {}, stageLabel(window.stage)),
      this.#state,
      el("span", {}, this.#words, this.#when),
      this.#some,
    );
    this.update(window);
  }

  /** @param {Window} window */
  update(window) {
    const at = window.open ? window.until : window.next_at;
    setAttribute(this.root, "data-open", window.open);
    setAttribute(this.#state, "data-group", window.open ? "completed" : "none");
    setText(this.#state, window.open ? "Open" : "Closed");
    setText(this.#words, whenWords(window));
    this.#when.hidden = !at;
    setTime(this.#at, at ?? "");
    setTime(this.#in, at ?? "");
    const { lanes, lanes_open: open } = window;
    setText(this.#some, open > 0 && open < lanes ? `open in ${open} of ${lanes} lanes` : "");
  }
}

/** @param {Window} window */
function whenWords({ open, until, next_at: nextAt }) {
  if (open) return until ? "closes " : "until somebody closes it";
  return nextAt ? "opens " : "until somebody opens it";
}
