// @ts-check
// What stands in the place of rows when there are none: loading, nothing yet, nothing found,
// or nobody there to ask.

import { button, byId, el } from "../shared/dom.js";
import { SUBMIT_URL } from "../shared/gateway.js";
import { GROUPS } from "../shared/statuses.js";

/** @typedef {import("./filters.js").Filter} Filter */

export class ListMessage {
  #root = byId("list-message");
  /** What is being said; saying it again would make a screen reader repeat it. */
  #said = "";

  /** @param {{ onClear: () => void, onRetry: () => void }} actions */
  constructor(actions) {
    this.actions = actions;
  }

  nothing() {
    this.#say("");
  }

  loading() {
    this.#say("loading", "Loading the jobs…");
  }

  /** @param {string} words */
  failed(words) {
    this.#say(
      `failed: ${words}`,
      el("strong", {}, "The jobs cannot be shown right now."),
      el("p", {}, `${words} The page tries again by itself.`),
      button("Try now", this.actions.onRetry),
    );
  }

  /** @param {Filter} filter */
  empty(filter) {
    if (filter.group || filter.q || filter.tag) this.#nothingFound(filter);
    else this.#noJobsYet();
  }

  #noJobsYet() {
    this.#say(
      "no jobs",
      el("strong", {}, "No jobs yet."),
      el("p", {}, "Drop a CSV file above and watch its job move here. From a terminal:"),
      el("pre", {}, el("code", {}, `curl -F file=@data.csv ${SUBMIT_URL}`)),
    );
  }

  /** @param {Filter} filter */
  #nothingFound(filter) {
    const state = GROUPS.find(({ group }) => group === filter.group)?.words.toLowerCase();
    const kind = state ? `No ${state} job` : "No job";
    const among = filter.tag ? `${kind} with the tag ${filter.tag}` : kind;
    const words = filter.q
      ? `${among} has “${filter.q}” in its title or id.`
      : `${among} right now.`;
    this.#say(
      `nothing: ${words}`,
      el("strong", {}, words),
      button("Show all jobs", this.actions.onClear),
    );
  }

  /** @param {string} what @param {...(Node | string)} nodes */
  #say(what, ...nodes) {
    if (what === this.#said) return;
    this.#said = what;
    this.#root.replaceChildren(...nodes);
  }
}
