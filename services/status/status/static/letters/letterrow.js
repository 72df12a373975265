// @ts-check
// One dead letter in the list.

import { el, icon, setAttribute, setIcon, setText } from "../shared/dom.js";
import { jobHref, letterHref, shortId } from "../shared/job.js";
import { sizeInWords } from "../shared/size.js";
import { timeElement } from "../shared/time.js";
import { stateOf } from "./letterlist.js";
import { reasonOf } from "./lettersapi.js";

/** @typedef {import("./lettersapi.js").Letter} Letter */

export class LetterRow {
  #box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox" }));
  #icon = icon("queued");
  #words = el("span");
  #state = el("span", { class: "status" }, this.#icon, this.#words);
  #why = el("span", { class: "letter-why" });

  /** @param {Letter} letter @param {(isChosen: boolean) => void} onChoice */
  constructor(letter, onChoice) {
    this.letter = letter;
    const message = reasonOf(letter);
    const link = el("a", { class: "row-title", href: letterHref(letter), title: message }, message);
    this.#box.setAttribute("aria-label", `Choose the dead letter: ${message}`);
    this.#box.disabled = letter.job_id === null;
    this.#box.addEventListener("change", () => onChoice(this.#box.checked));
    this.root = el(
      "li",
      { class: "row letter" },
      el("label", { class: "letter-box" }, this.#box),
      el("div", { class: "row-what" }, link, this.#about(letter)),
      this.#state,
      el("div", { class: "row-when" }, timeElement(letter.failed_at, "ago")),
    );
  }

  /** @param {boolean} isChosen @param {import("../shared/job.js").Job | undefined} job */
  update(isChosen, job) {
    const { group, words, why } = stateOf(this.letter, job);
    this.#box.checked = isChosen;
    setAttribute(this.#state, "data-group", group);
    setIcon(this.#icon, group === "queued" ? "waiting" : group);
    setText(this.#words, words);
    setText(this.#why, why ?? "");
  }

  focus() {
    this.root.querySelector("a")?.focus({ preventScroll: true });
  }

  /** @param {Letter} letter */
  #about({ job_id: jobId, error_class: errorClass, stage, attempt, size_bytes: size }) {
    const job = jobId
      ? el("a", { class: "letter-job", href: jobHref(jobId), title: jobId }, `job ${shortId(jobId)}`)
      : el("span", {}, "no job");
    return el(
      "p",
      { class: "row-sub" },
      el("code", { class: "letter-class" }, errorClass),
      el("span", {}, `stage ${stage}, attempt ${attempt}`),
      job,
      el("span", { class: "letter-size" }, sizeInWords(size)),
      this.#why,
    );
  }
}
