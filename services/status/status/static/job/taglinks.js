// @ts-check
// The tags of a job, each a link to the jobs that have it.

import { el } from "../shared/dom.js";
import { listHash } from "../router.js";

/** @typedef {import("../shared/job.js").Job} Job */

export class TagLinks {
  root = el("span", { class: "tags" });
  #shown = "";

  /** @param {Job} job */
  update({ tags = [] }) {
    const drawing = tags.join(" ");
    if (drawing === this.#shown) return;
    this.#shown = drawing;
    this.root.replaceChildren(
      ...tags.map((tag) => {
        const href = listHash({ group: "", q: "", tag });
        return el("a", { class: "tag", href, title: `Jobs with the tag ${tag}` }, tag);
      }),
    );
  }
}
