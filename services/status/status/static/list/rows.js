// @ts-check
// The rows on the page. They are brought up to date in place; while the reader's mouse moves
// among them none is added or taken away, so that nothing slips from under a click.

import { byId, setText } from "../shared/dom.js";
import { Row } from "./row.js";

/** @typedef {import("./joblist.js").JobList} JobList */

// After this long without a movement the mouse is taken to be parked.
const STILL_MS = 3000;

export class Rows {
  #root = byId("jobs");
  #held = byId("held");
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #holding = false;
  #timer = 0;

  /** @param {JobList} list */
  constructor(list) {
    this.list = list;
    this.#root.addEventListener("pointermove", (event) => this.#hold(event));
    this.#root.addEventListener("pointerleave", () => this.#release());
    this.#held.addEventListener("click", () => this.#release());
  }

  /** @param {boolean} busy */
  set busy(busy) {
    this.#root.setAttribute("aria-busy", String(busy));
  }

  /** Another list is shown: whatever the mouse does, the rows change now. */
  replaced() {
    this.#release();
  }

  /** Brings the page up to the list. */
  paint() {
    for (const [id, row] of this.#rows) {
      const job = this.list.get(id);
      if (job) row.update(job);
    }
    const waiting = this.#holding ? this.#countNew() : 0;
    if (!this.#holding) this.#arrange();
    this.#held.hidden = waiting === 0;
    setText(this.#held, waiting === 1 ? "1 new job" : `${waiting} new jobs`);
  }

  /** @param {string} jobId */
  focus(jobId) {
    this.#rows.get(jobId)?.root.querySelector("a")?.focus({ preventScroll: true });
  }

  /** @param {PointerEvent} event */
  #hold(event) {
    // A finger does not hover: after a tap there is nothing left to slip away.
    if (event.pointerType !== "mouse") return;
    this.#holding = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#release(), STILL_MS);
  }

  #release() {
    clearTimeout(this.#timer);
    this.#holding = false;
    this.paint();
  }

  #countNew() {
    return this.list.inOrder().filter((job) => !this.#rows.has(job.job_id)).length;
  }

  #arrange() {
    this.#removeGone();
    let place = this.#root.firstElementChild;
    for (const job of this.list.inOrder()) {
      const row = this.#rowOf(job);
      if (row.root === place) place = place.nextElementSibling;
      else this.#root.insertBefore(row.root, place);
    }
  }

  #removeGone() {
    for (const [id, row] of this.#rows) {
      if (this.list.get(id)) continue;
      row.root.remove();
      this.#rows.delete(id);
    }
  }

  /** @param {import("../shared/job.js").Job} job */
  #rowOf(job) {
    let row = this.#rows.get(job.job_id);
    if (!row) {
      row = new Row(job);
      this.#rows.set(job.job_id, row);
    }
    return row;
  }
}
