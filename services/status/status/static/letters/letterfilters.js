// @ts-check
// Which dead letters are shown: by stage, error class and time, and whether they may be redriven.

import { byId, el } from "../shared/dom.js";
import { ALL, SPANS } from "./lettersapi.js";

/** @typedef {import("./lettersapi.js").LetterFilter} LetterFilter */
/** @typedef {import("./lettersapi.js").Summary} Summary */

export class LetterFilters {
  #stage = /** @type {HTMLSelectElement} */ (byId("letters-stage"));
  #error = /** @type {HTMLSelectElement} */ (byId("letters-error"));
  #when = /** @type {HTMLSelectElement} */ (byId("letters-when"));
  #between = byId("letters-between");
  #since = /** @type {HTMLInputElement} */ (byId("letters-since"));
  #until = /** @type {HTMLInputElement} */ (byId("letters-until"));
  #open = /** @type {HTMLInputElement} */ (byId("letters-open"));
  /** @type {Summary} */
  #summary = { total: 0, counts: [] };
  #filter = ALL;

  /** @param {(filter: LetterFilter) => void} onChange */
  constructor(onChange) {
    const spans = [...SPANS].map(([name, { words }]) => el("option", { value: name }, words));
    this.#when.append(...spans, el("option", { value: "between" }, "between…"));
    byId("letters-filter").addEventListener("change", () => onChange(this.#chosen()));
    byId("letters-filter").addEventListener("submit", (event) => event.preventDefault());
  }

  /** @param {LetterFilter} filter */
  show(filter) {
    this.#filter = filter;
    this.#offer();
    this.#when.value = SPANS.has(filter.when) || filter.when === "between" ? filter.when : "";
    this.#between.hidden = this.#when.value !== "between";
    this.#since.value = localTime(filter.since);
    this.#until.value = localTime(filter.until);
    this.#open.checked = filter.open;
  }

  /** @param {Summary} summary */
  count(summary) {
    this.#summary = summary;
    this.#offer();
  }

  /** Those of the chosen stage are counted among the errors, and the other way round. */
  #offer() {
    const { stage, errorClass } = this.#filter;
    const { counts } = this.#summary;
    const ofError = counts.filter((count) => !errorClass || count.error_class === errorClass);
    const ofStage = counts.filter((count) => !stage || count.stage === stage);
    const errors = numbers(ofStage, (count) => count.error_class);
    options(this.#stage, "any stage", numbers(ofError, (count) => count.stage), stage);
    options(this.#error, "any error", errors, errorClass);
  }

  /** @returns {LetterFilter} */
  #chosen() {
    return {
      stage: this.#stage.value,
      errorClass: this.#error.value,
      when: this.#when.value,
      since: universal(this.#since.value),
      until: universal(this.#until.value),
      open: this.#open.checked,
    };
  }
}

/** @typedef {Summary["counts"][number]} Count */

/** @param {Count[]} counts @param {(count: Count) => string} nameOf @returns {Map<string, number>} */
function numbers(counts, nameOf) {
  const sums = new Map();
  for (const count of counts)
    sums.set(nameOf(count), (sums.get(nameOf(count)) ?? 0) + count.count);
  // Those without a name are among "any".
  sums.delete("");
  return new Map([...sums].sort(([one], [other]) => one.localeCompare(other)));
}

/** An open list would close under the reader's hand: it is made anew only when it changes.
 * @param {HTMLSelectElement} select @param {string} any @param {Map<string, number>} counts
 * @param {string} chosen offered even where there is none of it any more */
function options(select, any, counts, chosen) {
  const names = chosen && !counts.has(chosen) ? [...counts, [chosen, 0]] : [...counts];
  const wanted = [["", any], ...names.map(([name, count]) => [name, `${name} (${count})`])];
  const drawn = JSON.stringify(wanted);
  if (select.dataset.drawn !== drawn) {
    const nodes = wanted.map(([value, words]) => el("option", { value }, String(words)));
    select.replaceChildren(...nodes);
    select.dataset.drawn = drawn;
  }
  select.value = chosen;
}

/** @param {string} iso @returns {string} as an input of the reader's local time has it */
function localTime(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {string} local @returns {string} */
function universal(local) {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
