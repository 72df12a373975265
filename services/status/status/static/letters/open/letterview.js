// @ts-check
// One dead letter: why it is one, what its job is doing, its headers and its bytes.

import { copyButton } from "../../job/copybutton.js";
import { JobActions } from "../../job/jobactions.js";
import { el, setAttribute, setText } from "../../shared/dom.js";
import { jobHref, letterHref, titleOf } from "../../shared/job.js";
import { sizeInWords } from "../../shared/size.js";
import { StatusChip } from "../../shared/statuschip.js";
import { timeElement } from "../../shared/time.js";
import { isThere } from "../letterlist.js";
import { placeOf, reasonOf } from "../lettersapi.js";
import { bytesOf, hexOf } from "./bytes.js";
import { ValueView } from "./valueview.js";

/** @typedef {import("../../shared/job.js").Job} Job */
/** @typedef {import("../lettersapi.js").Header} Header */
/** @typedef {import("../lettersapi.js").OpenLetter} OpenLetter */

export class LetterView {
  #title = el("h1", { id: "letter-title", tabindex: -1 });
  #chip = new StatusChip();
  #job = el("span", {}, "not looked up yet");
  #newer = el("p", { class: "muted" });
  #head = el("header", { class: "job-head" }, this.#title);
  #place = el("div");
  /** @type {JobActions | null} */
  #actions = null;

  /** @param {OpenLetter} letter */
  constructor(letter) {
    this.letter = letter;
    setText(this.#title, reasonOf(letter));
    this.root = el(
      "article",
      { class: "panel job", "aria-labelledby": "letter-title" },
      this.#head,
      this.#place,
      this.#newer,
      this.#facts(letter),
      new ValueView(letter).root,
      headersSection(letter.headers),
    );
  }

  focus() {
    this.#title.focus({ preventScroll: true });
  }

  /** @param {Job} job as it is now */
  update(job) {
    this.#job.replaceChildren(
      el("a", { href: jobHref(job.job_id) }, titleOf(job)),
      " ",
      this.#chip.root,
    );
    this.#chip.update(job);
    this.#actions ??= this.#withActions(job);
    this.#actions.update(job);
    const isPast = job.status === "FAILED" && !isThere(this.letter, job);
    this.#actions.root.hidden = isPast;
    this.#showNewer(isPast ? job : null);
  }

  /** @param {string} words why there is no job to tell of */
  jobless(words) {
    setText(this.#job, words);
  }

  /** @param {Job} job */
  #withActions(job) {
    const actions = new JobActions(job, () => this.focus());
    this.#head.append(actions.root);
    this.#place.append(actions.words);
    return actions;
  }

  /** @param {Job | null} job that has failed anew */
  #showNewer(job) {
    const place = job?.error?.dead_letter;
    const words = place ? `It failed anew in attempt ${job?.attempt}: ` : "";
    if (this.#newer.dataset.of === words) return;
    setAttribute(this.#newer, "data-of", words);
    const link = place ? [el("a", { href: letterHref(place) }, "the newer dead letter")] : [];
    this.#newer.replaceChildren(words, ...link);
  }

  /** @param {OpenLetter} letter */
  #facts(letter) {
    const { topic, partition, offset, claim } = letter;
    const command = `headway dead-letters replay ${topic} ${partition} ${offset}`;
    return el(
      "dl",
      { class: "facts" },
      ...fact("Job", this.#job),
      ...fact("Stage", `${letter.stage}, attempt ${letter.attempt}`),
      ...fact("Error", el("code", {}, letter.error_class)),
      ...fact("Failed", timeElement(letter.failed_at, "ago")),
      ...fact("Size", sizeInWords(letter.size_bytes)),
      ...fact(
        "Place",
        el("code", {}, topic),
        `, partition ${partition}, offset ${offset} `,
        copyButton("Copy where it lies", placeOf(letter)),
      ),
      ...(claim ? fact("Claim check", ...claimWords(claim)) : []),
      ...fact("At a desk", el("code", {}, command), " ", copyButton("Copy the command", command)),
    );
  }
}

/** @param {string} claim */
function claimWords(claim) {
  return ["too large for a dead letter, kept in the object store as ", el("code", {}, claim)];
}

/** @param {Header[]} headers */
function headersSection(headers) {
  const rows = headers.map(([name, value]) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, el("code", {}, headerWords(value)))),
  );
  const head = el("tr", {}, el("th", { scope: "col" }, "Header"), el("th", { scope: "col" }, "Value"));
  const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
  const heading = el("h2", { id: "headers-title" }, `Headers (${headers.length})`);
  return el("section", { "aria-labelledby": "headers-title" }, heading, table);
}

// Of a binary header; the command line shows all of it.
const MOST_HEADER_BYTES = 96;
const UNPRINTABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;

/** @param {Header[1]} value */
function headerWords(value) {
  if (value === null) return "none";
  if (typeof value === "string" && !UNPRINTABLE.test(value)) return value;
  // A number's bytes may happen to be valid text.
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : bytesOf(value.base64);
  const shown = bytes.subarray(0, MOST_HEADER_BYTES);
  const hex = hexOf(shown, MOST_HEADER_BYTES).slice(7, 7 + shown.length * 3);
  return bytes.length > shown.length ? `${hex}… (${sizeInWords(bytes.length)})` : hex.trim();
}

/** @param {string} name @param {...(Node | string)} value */
function fact(name, ...value) {
  return [el("dt", {}, name), el("dd", {}, ...value)];
}
