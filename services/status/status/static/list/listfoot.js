// @ts-check
// Below the rows: how many are shown, and the way to older ones.

import { byId, setText } from "../shared/dom.js";

export class ListFoot {
  #root = byId("list-foot");
  #shown = byId("shown");
  #more = /** @type {HTMLButtonElement} */ (byId("more"));

  #failure = "";

  /** @param {() => Promise<void>} loadMore */
  constructor(loadMore) {
    this.#more.addEventListener("click", async () => {
      this.#failure = "";
      this.#more.disabled = true;
      await loadMore();
      this.#more.disabled = false;
    });
  }

  /** @param {import("./joblist.js").JobList} list */
  show(list) {
    this.#root.hidden = list.size === 0;
    this.#more.hidden = !list.hasMore;
    setText(this.#shown, this.#failure || words(list));
  }

  /** @param {string} why */
  failed(why) {
    this.#failure = `${why} Older jobs could not be loaded.`;
    setText(this.#shown, this.#failure);
  }
}

/** @param {import("./joblist.js").JobList} list */
function words(list) {
  if (list.cut) return `The newest ${list.size} are shown. Search or filter to find older ones.`;
  if (list.hasMore) return `The newest ${list.size} are shown.`;
  return list.size === 1 ? "1 job" : `All ${list.size} jobs are shown.`;
}
