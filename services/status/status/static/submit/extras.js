// @ts-check
// What a submission may say beside its file: when it may begin, and its tags. Rarely wanted, so
// folded away; but what is set there is told while it is folded, for it holds for every file.

import { byId, setText } from "../shared/dom.js";

const MOST_TAGS = 16;
const TAG = /^[A-Za-z0-9._:-]{1,64}$/;
const WORDS = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export class Extras {
  #root = /** @type {HTMLDetailsElement} */ (byId("extras"));
  #title = byId("extras-title");
  #beginAt = /** @type {HTMLInputElement} */ (byId("begin-at"));
  #tags = /** @type {HTMLInputElement} */ (byId("submit-tags"));

  constructor() {
    this.#root.addEventListener("input", () => this.#changed());
    // What a browser kept over a reload.
    this.#changed();
  }

  /** As the gateway takes them; null if they are not whole, which is then told where that is. */
  read() {
    const wrong = [this.#beginAt, this.#tags].find((input) => !input.checkValidity());
    if (!wrong) return { notBefore: moment(this.#beginAt.value), tags: this.#given().join(",") };
    this.#root.open = true;
    wrong.reportValidity();
    return null;
  }

  #given() {
    return this.#tags.value.split(",").map((tag) => tag.trim()).filter(Boolean);
  }

  #changed() {
    const tags = this.#given();
    this.#tags.setCustomValidity(faultOf(tags));
    const said = [];
    if (this.#beginAt.value) said.push(`begins ${WORDS.format(new Date(this.#beginAt.value))}`);
    if (tags.length) said.push(tags.join(", "));
    setText(this.#title, said.length ? `More: ${said.join("; ")}` : "More");
  }
}

/** @param {string[]} tags */
function faultOf(tags) {
  if (tags.length > MOST_TAGS) return `These are ${tags.length} tags; give at most ${MOST_TAGS}.`;
  const wrong = tags.find((tag) => !TAG.test(tag));
  return wrong ? `${wrong}: a tag has 1 to 64 characters of A-Z a-z 0-9 . _ : -` : "";
}

/** A time of this device's clock as one that holds everywhere. @param {string} local */
function moment(local) {
  return local ? new Date(local).toISOString() : "";
}
