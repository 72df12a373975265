// @ts-check
// Choosing dead letters, and redriving the chosen ones or all of the filter.

import { byId, setAttribute, setText } from "../../shared/dom.js";
import { serverNow } from "../../shared/time.js";
import { conditions, SPANS } from "../lettersapi.js";
import { RedrivePanel } from "./panel.js";

/** @typedef {import("../letterlist.js").LetterList} LetterList */
/** @typedef {import("../lettersapi.js").LetterFilter} LetterFilter */

export class RedriveBar {
  #root = byId("letters-bar");
  #all = /** @type {HTMLInputElement} */ (byId("letters-all"));
  #chosen = byId("letters-chosen");
  #redriveChosen = byId("redrive-chosen");
  #redriveAll = byId("redrive-all");
  #panel;
  /** @type {LetterFilter | null} */
  #filter = null;

  /** @param {LetterList} list @param {() => void} onChoice more than one row has changed */
  constructor(list, onChoice) {
    this.list = list;
    this.onChoice = onChoice;
    this.#panel = new RedrivePanel(() => this.#enable());
    this.#panel.restore();
    this.#all.addEventListener("change", () => {
      // Others may be chosen too, one by one: their input would most likely fail again.
      const letters = this.#all.checked ? list.redrivable() : list.chosen();
      for (const letter of letters) list.choose(letter, this.#all.checked);
      onChoice();
    });
    this.#redriveChosen.addEventListener("click", () => this.#beginChosen());
    this.#redriveAll.addEventListener("click", () => this.#beginAll());
  }

  /** @param {LetterFilter} filter */
  show(filter) {
    this.#filter = filter;
    this.#root.hidden = this.list.size === 0;
    const count = this.list.chosen().length;
    const redrivable = this.list.redrivable();
    const isAll = redrivable.every((letter) => this.list.isChosen(letter));
    this.#all.checked = redrivable.length > 0 && isAll;
    this.#all.indeterminate = count > 0 && !this.#all.checked;
    setText(this.#chosen, count === 1 ? "1 chosen" : `${count} chosen`);
    this.#enable();
  }

  /** @param {import("../../shared/job.js").Job} job */
  hear(job) {
    this.#panel.hear(job);
  }

  /** Not "disabled", which would take the focus away from whoever has just pressed it. */
  #enable() {
    const { isBusy } = this.#panel;
    const isNone = this.list.chosen().length === 0;
    setAttribute(this.#redriveChosen, "aria-disabled", String(isBusy || isNone));
    setAttribute(this.#redriveAll, "aria-disabled", String(isBusy));
    const why = isBusy ? "Another redrive is under way: stop and dismiss it first" : "";
    setAttribute(this.#redriveAll, "title", why);
  }

  async #beginChosen() {
    const letters = this.list.chosen();
    if (letters.length === 0 || this.#panel.isBusy) return;
    const ids = new Set(letters.map((letter) => /** @type {string} */ (letter.job_id)));
    const words = letters.length === 1 ? "1 chosen letter" : `${letters.length} chosen letters`;
    const hasBegun = await this.#panel.begin({ job_ids: [...ids] }, words);
    if (!hasBegun) return;
    for (const letter of letters) this.list.choose(letter, false);
    this.onChoice();
  }

  #beginAll() {
    if (!this.#filter || this.#panel.isBusy) return;
    // What fails again meanwhile is a new dead letter; without an end it would be met once more.
    const until = this.#filter.when === "between" ? this.#filter.until : "";
    const now = new Date(serverNow()).toISOString();
    this.#panel.begin({ ...conditions(this.#filter), until: until || now }, wordsOf(this.#filter));
  }
}

/** @param {LetterFilter} filter */
function wordsOf({ stage, errorClass, when }) {
  const time = when === "between" ? "in the chosen time" : SPANS.get(when)?.words;
  const parts = [
    stage && `stage ${stage}`,
    errorClass && `error ${errorClass}`,
    time && `failed ${time}`,
  ];
  return parts.filter(Boolean).join(", ") || "all dead letters";
}
