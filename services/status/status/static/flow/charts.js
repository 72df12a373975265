// @ts-check
// The charts of the pipeline: what each one shows, over an hour or a week.

import { serverNow } from "../shared/time.js";
import { Chart } from "./chart.js";
import { count, rate, seconds } from "./scale.js";
import { Windows } from "./series.js";

/** @typedef {import("./flowapi.js").Window} Window */

const HOUR_MS = 3_600_000;

export const RANGES = {
  hour: { seconds: 10, spanMs: HOUR_MS },
  week: { seconds: 300, spanMs: 7 * 24 * HOUR_MS },
};

export class Charts {
  /** @type {Map<string, string>} */
  #labels = new Map();
  #windows = new Windows(10, HOUR_MS);
  #charts = [
    this.#chart("Jobs ended", rate, (window) => window.ended_per_second),
    this.#chart("Waiting", count, (window) => window.waiting),
    this.#chart("In the stage, median", seconds, ({ stage_seconds }) => stage_seconds?.p50),
    this.#chart("In the stage, 95 %", seconds, ({ stage_seconds }) => stage_seconds?.p95),
    this.#chart("Submission to end, median", seconds, ({ job_seconds }) => job_seconds?.p50, true),
    this.#chart("Submission to end, 95 %", seconds, ({ job_seconds }) => job_seconds?.p95, true),
  ];

  get nodes() {
    return this.#charts.map(({ chart }) => chart.node);
  }

  /** @param {keyof typeof RANGES} range */
  choose(range) {
    const { seconds, spanMs } = RANGES[range];
    if (this.#windows.seconds !== seconds) this.#windows = new Windows(seconds, spanMs);
  }

  /** What is to be asked for next. */
  get asked() {
    return { seconds: this.#windows.seconds, since: Math.floor(this.#windows.since) };
  }

  /** @param {{ name: string, label: string }[]} stages in their order */
  name(stages) {
    this.#labels = new Map(stages.map(({ name, label }) => [name, label]));
  }

  /** @param {Window[]} windows */
  take(windows) {
    this.#windows.take(windows, serverNow());
    this.draw();
  }

  draw() {
    const { seconds, spanMs } = this.#windows;
    const to = serverNow();
    const span = { from: to - spanMs, to, stepMs: seconds * 1000 };
    const names = [...this.#labels.keys()];
    for (const { chart, valueOf, isOfEnd } of this.#charts) {
      const lines = this.#windows.lines(isOfEnd ? names.slice(-1) : names, valueOf);
      chart.draw(lines, span);
    }
  }

  get isEmpty() {
    return this.#windows.size === 0;
  }

  failures() {
    return this.#windows.failures();
  }

  /** @param {string} name */
  labelOf(name) {
    return this.#labels.get(name) ?? name;
  }

  /**
   * @param {string} title @param {(value: number) => string} words
   * @param {(window: Window) => number | null | undefined} valueOf
   * @param {boolean} [isOfEnd] of the last stage alone, with which jobs end
   */
  #chart(title, words, valueOf, isOfEnd = false) {
    return { chart: new Chart(title, words, (name) => this.labelOf(name)), valueOf, isOfEnd };
  }
}
