// @ts-check
// The chips and the search box above the list.

import { byId, el, setAttribute, setText } from "../shared/dom.js";
import { describe, GROUPS, statusesOf } from "../shared/statuses.js";

/** @typedef {import("../shared/statuses.js").Group} Group */
/** @typedef {import("./counts.js").Counts} Counts */
/** @typedef {{ group: Group | "", q: string, tag: string }} Filter */

const TYPING_PAUSE_MS = 250;
/** @type {Filter} */
export const ALL = { group: "", q: "", tag: "" };

/** Whether a job belongs to what the reader looks at; the server decides alike.
 * @param {import("../shared/job.js").Job} job @param {Filter} filter */
export function passes(job, { group, q, tag }) {
  if (tag && !job.tags?.includes(tag)) return false;
  if (group && describe(job.status).group !== group) return false;
  return `${job.title}\n${job.job_id}`.toLowerCase().includes(q.toLowerCase());
}

/** What the API is asked for, where a group is of some of the statuses *known*.
 * @param {Filter} filter @param {Iterable<string>} known */
export function asked({ group, q, tag }, known) {
  return { statuses: group ? statusesOf(group, known) : [], q, tag };
}

export class Filters {
  #search = /** @type {HTMLInputElement} */ (byId("search"));
  /** @type {Map<Group | "", { root: HTMLElement, count: HTMLElement }>} */
  #chips = new Map();
  #tag = byId("tag");
  #timer = 0;
  #filter = ALL;

  /** @param {(filter: Filter) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.#addChip("", "All");
    for (const { group, words } of GROUPS) this.#addChip(group, words);
    this.#offer(() => false);
    this.#tag.addEventListener("click", () => this.onChange({ ...this.#filter, tag: "" }));
    this.#search.addEventListener("input", () => this.#typed(TYPING_PAUSE_MS));
    this.#search.addEventListener("search", () => this.#typed(0));
  }

  /** @param {Filter} filter */
  show({ group, q, tag }) {
    clearTimeout(this.#timer);
    this.#filter = { group, q, tag };
    this.#tag.hidden = !tag;
    setText(this.#tag, `Tag ${tag} ×`);
    setAttribute(this.#tag, "aria-label", `Show jobs of all tags, not of ${tag} alone`);
    if (this.#search.value.trim() !== q) this.#search.value = q;
    for (const [of, { root }] of this.#chips)
      setAttribute(root, "aria-pressed", String(of === group));
  }

  /** @param {Counts} counts */
  count(counts) {
    for (const [group, { count }] of this.#chips) setText(count, String(numberIn(group, counts)));
    this.#offer((group) => numberIn(group, counts) > 0);
  }

  /** A group that is rarely met has its chip only while there is reason for one.
   * @param {(group: Group) => boolean} isMet */
  #offer(isMet) {
    for (const { group, always } of GROUPS) {
      const chip = /** @type {{ root: HTMLElement }} */ (this.#chips.get(group));
      chip.root.hidden = !(always || group === this.#filter.group || isMet(group));
    }
  }

  /** @param {Group | ""} group @param {string} words */
  #addChip(group, words) {
    const count = el("span", { class: "chip-count" });
    const root = el(
      "button",
      { type: "button", class: "chip", "data-group": group },
      words,
      " ",
      count,
    );
    root.addEventListener("click", () => {
      this.onChange({ ...this.#filter, group, q: this.#search.value.trim() });
    });
    this.#chips.set(group, { root, count });
    byId("chips").append(root);
  }

  /** @param {number} pauseMs */
  #typed(pauseMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#searched(), pauseMs);
  }

  #searched() {
    const q = this.#search.value.trim();
    if (q !== this.#filter.q) this.onChange({ ...this.#filter, q });
  }
}

/** @param {Group | ""} group "" = all @param {Counts} counts */
function numberIn(group, counts) {
  return counts.total((status) => !group || describe(status).group === group);
}
