// @ts-check
// A chart of lines over time, as SVG of its own width; drawn anew when there is something new.

import { el, setText } from "../shared/dom.js";
import { clockTime, dayTime } from "./moments.js";
import { roundAbove } from "./scale.js";
import { runsOf } from "./series.js";
import { svg } from "./svg.js";

/** @typedef {import("./series.js").Line} Line */
/** @typedef {{ from: number, to: number, stepMs: number }} Span */

const HEIGHT = 150;
const MARGIN = { left: 56, right: 12, top: 10, bottom: 22 };
const NARROW = 420;
const EDGE = 36;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export class Chart {
  #drawing = svg("svg", { class: "chart", role: "img" });
  #legend = el("ul", { class: "legend", role: "list" });
  #cursor = svg("line", { class: "chart-cursor", visibility: "hidden" });
  #when = el("span", { class: "muted chart-when" });
  /** @type {Line[]} */
  #lines = [];
  /** @type {Span} */
  #span = { from: 0, to: 1, stepMs: 1 };
  #most = 1;

  /**
   * @param {string} title @param {(value: number) => string} words of a value
   * @param {(name: string) => string} labelOf what a line is called by people
   */
  constructor(title, words, labelOf) {
    this.words = words;
    this.labelOf = labelOf;
    this.title = title;
    const head = el("div", { class: "chart-head" }, el("h3", {}, title), this.#when);
    this.node = el("figure", { class: "chart-card" }, head, this.#drawing, this.#legend);
    this.#drawing.addEventListener("pointermove", (event) => this.#point(event));
    this.#drawing.addEventListener("pointerleave", () => this.#leave());
  }

  /** @param {Line[]} lines @param {Span} span */
  draw(lines, span) {
    [this.#lines, this.#span] = [lines, span];
    const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
    this.#most = roundAbove(Math.max(0, ...values));
    const width = this.#width;
    this.#drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#drawing.setAttribute("aria-label", this.#inWords());
    this.#drawing.replaceChildren(...this.#axes(), ...this.#paths(), this.#cursor);
    this.#say();
  }

  get #width() {
    return Math.max(this.#drawing.clientWidth, 240);
  }

  /** @param {number} at */
  #x(at) {
    const { from, to } = this.#span;
    return MARGIN.left + ((at - from) / (to - from)) * (this.#width - MARGIN.left - MARGIN.right);
  }

  /** @param {number} value */
  #y(value) {
    return MARGIN.top + (1 - value / this.#most) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  }

  /** @returns {SVGElement[]} */
  #axes() {
    const right = this.#width - MARGIN.right;
    const levels = [0, 0.5, 1].flatMap((part) => {
      const y = this.#y(part * this.#most);
      const line = svg("line", { class: "chart-grid", x1: MARGIN.left, x2: right, y1: y, y2: y });
      const words = this.words(part * this.#most);
      return [line, svg("text", { class: "chart-level", x: MARGIN.left - 6, y: y + 4 }, words)];
    });
    return [...levels, ...this.#moments()];
  }

  #moments() {
    const { from, to } = this.#span;
    const isLong = to - from > DAY_MS;
    const isNarrow = this.#width < NARROW;
    const step = isLong ? DAY_MS * (isNarrow ? 2 : 1) : (isNarrow ? 30 : 15) * MINUTE_MS;
    const found = [];
    for (let at = Math.ceil(from / step) * step; at < to; at += step) {
      const words = isLong ? dayTime(at) : clockTime(at);
      // Half of it would lie beyond the drawing.
      if (this.#width - this.#x(at) < EDGE) continue;
      found.push(svg("text", { class: "chart-moment", x: this.#x(at), y: HEIGHT - 6 }, words));
    }
    return found;
  }

  #paths() {
    return this.#lines.flatMap(({ points }, number) => {
      const runs = runsOf(points, this.#span.stepMs);
      const look = `line line-${number % 4}`;
      return runs.map((run) => svg("path", { class: look, d: this.#path(run) }));
    });
  }

  /** @param {import("./series.js").Point[]} run */
  #path(run) {
    const places = run.map(({ at, value }) =>
      [this.#x(at), this.#y(value)].map((place) => place.toFixed(1)).join(" "),
    );
    // One point alone is a dot: a line of no length with round ends.
    return `M${places.join("L")}${places.length === 1 ? "h0" : ""}`;
  }

  #inWords() {
    const parts = this.#lines.map((line) => `${this.labelOf(line.name)} ${this.#last(line)}`);
    return `${this.title}: ${parts.join(", ")}`;
  }

  /** @param {Line} line */
  #last({ points }) {
    const last = points.at(-1);
    return last ? this.words(last.value) : "–";
  }

  /** What the legend says: the newest values, or those of *at*. @param {number} [at] */
  #say(at) {
    setText(this.#when, at ? dayTime(at, true) : "");
    const items = this.#lines.map((line, number) => {
      const mark = svg("svg", { class: "legend-mark", viewBox: "0 0 24 8", "aria-hidden": "true" });
      mark.append(svg("path", { class: `line line-${number % 4}`, d: "M2 4H22" }));
      const words = at ? this.#near(line, at) : this.#last(line);
      return el("li", {}, mark, `${this.labelOf(line.name)} `, el("strong", {}, words));
    });
    this.#legend.replaceChildren(...items);
  }

  /** @param {Line} line @param {number} at */
  #near({ points }, at) {
    // Its own window alone: the one before it is as near as a step.
    const found = points.find((point) => Math.abs(point.at - at) < this.#span.stepMs / 2);
    return found ? this.words(found.value) : "–";
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const part = (event.offsetX - MARGIN.left) / (this.#width - MARGIN.left - MARGIN.right);
    if (part < 0 || part > 1) return this.#leave();
    const { from, to, stepMs } = this.#span;
    const at = Math.round((from + part * (to - from)) / stepMs) * stepMs;
    const [x, bottom] = [this.#x(at), HEIGHT - MARGIN.bottom];
    for (const [name, place] of Object.entries({ x1: x, x2: x, y1: MARGIN.top, y2: bottom })) {
      this.#cursor.setAttribute(name, String(place));
    }
    this.#cursor.setAttribute("visibility", "visible");
    this.#say(at);
  }

  #leave() {
    this.#cursor.setAttribute("visibility", "hidden");
    this.#say();
  }
}
