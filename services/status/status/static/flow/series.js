// @ts-check
// Windows as lines of a chart; pure.

/** @typedef {import("./flowapi.js").Window} Window */
/** @typedef {{ at: number, value: number }} Point */
/** @typedef {{ name: string, points: Point[] }} Line */

/** What is kept of the windows of one length: new ones come, old ones go. */
export class Windows {
  /** @type {Map<string, Window>} */
  #known = new Map();

  /** @param {number} seconds of a window @param {number} spanMs for how long they are shown */
  constructor(seconds, spanMs) {
    this.seconds = seconds;
    this.spanMs = spanMs;
  }

  /** Since when the next answer is asked for: what may have changed, and all that is newer. */
  get since() {
    const newest = Math.max(0, ...this.#all().map(startOf));
    return Math.max(0, newest - 2 * this.seconds * 1000);
  }

  /** @param {Window[]} windows @param {number} now */
  take(windows, now) {
    for (const window of windows) this.#known.set(`${window.stage} ${window.start}`, window);
    for (const [key, window] of this.#known) {
      if (startOf(window) < now - this.spanMs) this.#known.delete(key);
    }
  }

  /**
   * A line a stage; a window that says nothing of it is a gap.
   * @param {string[]} stages @param {(window: Window) => number | null | undefined} valueOf
   * @returns {Line[]}
   */
  lines(stages, valueOf) {
    return stages.map((name) => ({ name, points: this.#points(name, valueOf) }));
  }

  /** How often each class of error ended a job, the most first. @returns {[string, number][]} */
  failures() {
    /** @type {Map<string, number>} */
    const found = new Map();
    for (const { stage, errors } of this.#all()) {
      for (const [name, count] of Object.entries(errors)) {
        const key = `${stage} ${name}`;
        found.set(key, (found.get(key) ?? 0) + count);
      }
    }
    return [...found].sort((one, other) => other[1] - one[1]);
  }

  get size() {
    return this.#known.size;
  }

  #all() {
    return [...this.#known.values()];
  }

  /** @param {string} name @param {(window: Window) => number | null | undefined} valueOf */
  #points(name, valueOf) {
    /** @type {Point[]} */
    const points = [];
    for (const window of this.#all()) {
      const value = window.stage === name ? valueOf(window) : null;
      if (value != null) points.push({ at: startOf(window), value });
    }
    return points.sort((one, other) => one.at - other.at);
  }
}

/** @param {Window} window */
function startOf(window) {
  return Date.parse(window.start);
}

/** The runs of points without a gap. @param {Point[]} points @param {number} stepMs */
export function runsOf(points, stepMs) {
  /** @type {Point[][]} */
  const runs = [];
  for (const point of points) {
    const last = runs.at(-1)?.at(-1);
    if (last && point.at - last.at <= 2 * stepMs) runs.at(-1)?.push(point);
    else runs.push([point]);
  }
  return runs;
}
