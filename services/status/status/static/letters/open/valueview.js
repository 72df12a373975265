// @ts-check
// The value of a dead letter, as text or as bytes.

import { button, el, setAttribute, setText } from "../../shared/dom.js";
import { sizeInWords } from "../../shared/size.js";
import { bytesOf, hexOf, isText, textOf } from "./bytes.js";

/** @typedef {import("../lettersapi.js").OpenLetter} OpenLetter */

// So many fit beside their characters.
const BYTES_A_LINE = 16;
const BYTES_A_NARROW_LINE = 8;
const NARROW = "(max-width: 46rem)";

export class ValueView {
  #text = button("Text", () => this.#show(true), { kind: "chip" });
  #hex = button("Bytes", () => this.#show(false), { kind: "chip" });
  #shown = el("pre", { class: "bytes", tabindex: 0, role: "region", "aria-label": "Value" });
  #bytes;

  /** @param {OpenLetter} letter */
  constructor(letter) {
    this.#bytes = bytesOf(letter.value ?? "");
    const choice = el("div", { class: "chips", role: "group", "aria-label": "Show as" });
    choice.append(this.#text, this.#hex);
    const heading = el("h2", { id: "value-title" }, "Value");
    const head = el("div", { class: "toolbar" }, heading);
    this.root = el("section", { "aria-labelledby": "value-title" }, head);
    this.root.append(el("p", { class: "muted", id: "value-words" }, words(letter, this.#bytes)));
    if (this.#bytes.length === 0) return;
    head.append(choice);
    this.root.append(this.#shown);
    this.#show(isText(this.#bytes));
  }

  /** @param {boolean} asText */
  #show(asText) {
    setAttribute(this.#text, "aria-pressed", String(asText));
    setAttribute(this.#hex, "aria-pressed", String(!asText));
    setAttribute(this.#shown, "data-as", asText ? "text" : "hex");
    const width = matchMedia(NARROW).matches ? BYTES_A_NARROW_LINE : BYTES_A_LINE;
    setText(this.#shown, asText ? textOf(this.#bytes) : hexOf(this.#bytes, width));
  }
}

/** @param {OpenLetter} letter @param {Uint8Array} bytes */
function words({ value, cut, claim, size_bytes: size }, bytes) {
  if (claim && bytes.length === 0)
    return "The record was too large for a dead letter: see the claim check above.";
  if (value === null) return "The record has no value.";
  if (bytes.length === 0) return "The value is empty.";
  if (cut)
    return `The first ${bytes.length / 1024} KiB of ${sizeInWords(size)} are shown; the letter has all.`;
  return `All ${sizeInWords(bytes.length)}, as they came.`;
}
