// @ts-check

/** Growing waits between attempts, with jitter so that many pages do not return at once. */
export class Backoff {
  #failures = 0;

  /** @param {{ firstMs: number, maxMs: number }} bounds */
  constructor(bounds) {
    this.bounds = bounds;
  }

  nextMs() {
    const full = Math.min(this.bounds.maxMs, this.bounds.firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return full * (0.75 + Math.random() / 4);
  }

  succeeded() {
    this.#failures = 0;
  }
}
