// @ts-check
// The rows of dead letters on the page, and what stands in their place when there are none.

import { button, byId, el, setText } from "../shared/dom.js";
import { LetterRow } from "./letterrow.js";
import { ALL, placeOf } from "./lettersapi.js";
import { lettersHash } from "../router.js";

/** @typedef {import("./letterlist.js").LetterList} LetterList */
/** @typedef {import("./lettersapi.js").LetterFilter} LetterFilter */

export class LetterRows {
  #root = byId("letters");
  #message = byId("letters-message");
  #newer = byId("letters-newer");
  /** @type {Map<string, LetterRow>} */
  #rows = new Map();
  #said = "";

  /**
   * @param {LetterList} list
   * @param {{ onChoice: () => void, onNewer: () => void, onClear: () => void }} actions
   */
  constructor(list, actions) {
    this.list = list;
    this.actions = actions;
    this.#newer.addEventListener("click", () => {
      byId("letters-title").focus({ preventScroll: true });
      actions.onNewer();
    });
  }

  /** @param {boolean} isFirst */
  busy(isFirst) {
    this.#root.setAttribute("aria-busy", "true");
    if (isFirst) this.#say("loading", "Loading the dead letters…");
  }

  /** Brings the page to the list's order. @param {LetterFilter} filter */
  arrange(filter) {
    this.#root.setAttribute("aria-busy", "false");
    this.offerNewer(0);
    const letters = this.list.inOrder();
    this.#rows = new Map(letters.map((letter) => [placeOf(letter), this.#rowOf(letter)]));
    this.#root.replaceChildren(...[...this.#rows.values()].map((row) => row.root));
    if (letters.length === 0) this.#empty(filter);
    else this.#say("");
  }

  paint() {
    for (const row of this.#rows.values())
      row.update(this.list.isChosen(row.letter), this.list.jobOf(row.letter));
  }

  /** @param {string} from a place or a job's id @returns {boolean} whether it is here */
  focus(from) {
    const all = [...this.#rows.values()];
    const row = this.#rows.get(from) ?? all.find(({ letter }) => letter.job_id === from);
    row?.focus();
    return row !== undefined;
  }

  /** @param {number} count */
  offerNewer(count) {
    this.#newer.hidden = count === 0;
    setText(this.#newer, count === 1 ? "1 new dead letter" : `${count.toLocaleString()} new dead letters`);
  }

  /** @param {string} words @param {() => void} onRetry */
  failed(words, onRetry) {
    this.#root.setAttribute("aria-busy", "false");
    this.#root.replaceChildren();
    this.#rows.clear();
    this.#say(
      `failed: ${words}`,
      el("strong", {}, "The dead letters cannot be shown right now."),
      el("p", {}, `${words} The page tries again by itself.`),
      button("Try now", onRetry),
    );
  }

  /** @param {LetterFilter} filter */
  #empty(filter) {
    if (lettersHash(filter) === lettersHash(ALL))
      return this.#say(
        "none",
        el("strong", {}, "No dead letters."),
        el("p", {}, "A record that a stage gives up is kept here, with its bytes and the reason."),
      );
    this.#say(
      "no match",
      el("strong", {}, "No dead letter is like that."),
      button("Show all dead letters", this.actions.onClear),
    );
  }

  /** @param {string} what @param {...(Node | string)} nodes */
  #say(what, ...nodes) {
    if (what === this.#said) return;
    this.#said = what;
    this.#message.replaceChildren(...nodes);
  }

  /** @param {import("./lettersapi.js").Letter} letter */
  #rowOf(letter) {
    const known = this.#rows.get(placeOf(letter));
    if (known) return known;
    return new LetterRow(letter, (isChosen) => {
      this.list.choose(letter, isChosen);
      this.actions.onChoice();
    });
  }
}
