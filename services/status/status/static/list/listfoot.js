// @ts-check
// Below the rows: how many are shown, and the way to older ones.

import { byId, setText } from "../shared/dom.js";

/** @typedef {{ size: number, cut: boolean, hasMore: boolean }} List */
/** @typedef {{ root: string, shown: string, more: string }} Ids */

export class ListFoot {
  #root;
  #shown;
  #more;
  #failure = "";

  /** @param {Ids} ids @param {string} noun of what is listed @param {() => Promise<void>} loadMore */
  constructor(ids, noun, loadMore) {
    this.noun = noun;
    this.#root = byId(ids.root);
    this.#shown = byId(ids.shown);
    this.#more = /** @type {HTMLButtonElement} */ (byId(ids.more));
    this.#more.addEventListener("click", async () => {
      if (this.#more.ariaDisabled === "true") return;
      this.#failure = "";
      // Not "disabled", which would take the focus away from whoever has just pressed it.
      this.#more.ariaDisabled = "true";
      await loadMore();
      this.#more.ariaDisabled = "false";
    });
  }

  /** @param {List} list */
  show(list) {
    this.#root.hidden = list.size === 0;
    this.#more.hidden = !list.hasMore;
    setText(this.#shown, this.#failure || words(list, this.noun));
  }

  /** @param {string} why */
  failed(why) {
    this.#failure = `${why} Older ${this.noun}s could not be loaded.`;
    setText(this.#shown, this.#failure);
  }
}

/** @param {List} list @param {string} noun */
function words(list, noun) {
  if (list.cut) return `The newest ${list.size} are shown. Search or filter to find older ones.`;
  if (list.hasMore) return `The newest ${list.size} are shown.`;
  return list.size === 1 ? `1 ${noun}` : `All ${list.size} ${noun}s are shown.`;
}
