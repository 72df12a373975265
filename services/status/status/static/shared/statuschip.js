// @ts-check
// A status as a shape and words; the colour only repeats them.

import { el, icon, setAttribute, setIcon, setText } from "./dom.js";
import { describe } from "./statuses.js";

export class StatusChip {
  #icon = icon("queued");
  #words = el("span");
  root = el("span", { class: "status" }, this.#icon, this.#words);

  /** @param {import("./job.js").Job} job */
  update({ status }) {
    const { words, group } = describe(status);
    setAttribute(this.root, "data-group", group);
    setIcon(this.#icon, group);
    setText(this.#words, words);
  }
}
