// @ts-check
// One question to the service, asked again and again while its answer is looked at.

import { Backoff } from "./backoff.js";

/**
 * @typedef {object} Question
 * @property {number} everyMs after an answer
 * @property {(signal: AbortSignal) => Promise<void>} ask asks, and shows the answer
 * @property {(problem: Error) => void} failed it is asked again, later and later
 */

export class Asking {
  #backoff = new Backoff({ firstMs: 1000, maxMs: 15_000 });
  #asked = new AbortController();
  #timer = 0;
  #isStarted = false;

  /** @param {Question} question */
  constructor(question) {
    this.question = question;
  }

  /** Ask now, and from now on; what is under way is given up. */
  start() {
    this.#isStarted = true;
    this.#ask();
  }

  stop() {
    this.#isStarted = false;
    this.#giveUp();
  }

  /** Ask again in so long, where it is looked at. @param {number} ms */
  askIn(ms) {
    clearTimeout(this.#timer);
    if (this.#isStarted) this.#timer = setTimeout(() => this.#ask(), ms);
  }

  #giveUp() {
    clearTimeout(this.#timer);
    this.#asked.abort();
    this.#asked = new AbortController();
  }

  async #ask() {
    this.#giveUp();
    const { signal } = this.#asked;
    const { ask, everyMs, failed } = this.question;
    try {
      if (!document.hidden) await ask(signal);
      this.#backoff.succeeded();
      if (!signal.aborted) this.askIn(everyMs);
    } catch (error) {
      if (signal.aborted) return;
      failed(/** @type {Error} */ (error));
      this.askIn(this.#backoff.nextMs());
    }
  }
}
