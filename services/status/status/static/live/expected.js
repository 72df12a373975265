// @ts-check
// What a job has before it: its place in line, and the time to its end. Told with the job, then by
// events: of the job itself, or of the lines, in whose points its place can be read. What was heard
// last counts, and runs down.

import { el, setAttribute, setText } from "../shared/dom.js";
import { serverNow, setTime, timeElement } from "../shared/time.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {{ at: number, place: number | null, seconds: number | null }} Expected `at` is when it
 *   was heard, in ms since the page was loaded: the server's time is corrected now and then */
/** @typedef {[since: number, place: number, seconds: number | null]} Point */
/** @typedef {{ status: string, waiting: number, points: Point[] }} Line */

/** When each job as it stands was heard of. @type {WeakMap<Job, number>} */
const heardAt = new WeakMap();
/** @type {Map<string, Expected>} */
const ofJobs = new Map();
/** @type {{ at: number, lines: Line[] }} */
let ofLines = { at: 0, lines: [] };

/** @param {Job} job when it was heard of, if not before then now */
export function hearJob(job) {
  const at = heardAt.get(job) ?? performance.now();
  heardAt.set(job, at);
  return at;
}

/** @param {{ job_id: string, queue_position: number | null, eta_seconds: number | null }} told */
export function hearExpected({ job_id, queue_position, eta_seconds }) {
  ofJobs.clear();
  ofJobs.set(job_id, { at: performance.now(), place: queue_position, seconds: eta_seconds });
}

/** @param {Line[]} lines of all stages, in their order @param {() => void} heard what to do then */
export function hearLines(lines, heard) {
  ofLines = { at: performance.now(), lines };
  heard();
}

/** @param {Job} job @returns {Expected} */
export function expectedOf(job) {
  const at = hearJob(job);
  const told = { at, place: job.queue_position ?? null, seconds: job.eta_seconds ?? null };
  const all = [told, ofJobs.get(job.job_id), readIn(job)];
  return all.reduce((best, one) => (one && best && one.at > best.at ? one : best)) ?? told;
}

/** @param {Job} job */
function readIn(job) {
  const index = ofLines.lines.findIndex((line) => line.status === job.status);
  const points = ofLines.lines[index]?.points ?? [];
  const since = Date.parse(index === 0 ? job.submitted_at : job.updated_at);
  const after = points.findIndex((point) => point[0] >= since);
  // Who came behind the last point came after it was told: the job's own word is newer.
  if (after < 0) return undefined;
  const [low, high] = [points[Math.max(after - 1, 0)], points[after]];
  const share = high[0] > low[0] ? (since - low[0]) / (high[0] - low[0]) : 1;
  const seconds =
    low[2] === null || high[2] === null ? null : low[2] + (high[2] - low[2]) * share;
  return { at: ofLines.at, place: Math.round(low[1] + (high[1] - low[1]) * share), seconds };
}

export class ExpectedWords {
  #place = el("span");
  #end = timeElement("", "about");
  root = el("span", { class: "expected" });

  /** @param {Job} job @param {boolean} [follows] whether other words stand before these */
  update(job, follows = false) {
    const { at, place, seconds } = expectedOf(job);
    if (job.terminal || (place === null && seconds === null)) return this.root.replaceChildren();
    if (!this.root.firstChild) this.root.append(this.#place, this.#end);
    const words = [follows ? "" : null, place === null ? null : inLine(place)];
    const rest = seconds === null ? null : "";
    setText(this.#place, [...words, rest].filter((word) => word !== null).join(", "));
    setAttribute(this.#end, "data-wording", place === null ? "left" : "about");
    if (seconds !== null) return setTime(this.#end, momentIn(at - performance.now() + seconds * 1000));
    // Without a moment its words do not run down.
    this.#end.removeAttribute("datetime");
    setText(this.#end, "");
  }
}

/** @param {number} ms from now */
function momentIn(ms) {
  return new Date(serverNow() + ms).toISOString();
}

/** @param {number} place how many are before it */
function inLine(place) {
  return place === 0 ? "next in line" : `${ordinal(place + 1)} in line`;
}

/** @param {number} number */
function ordinal(number) {
  const ends = { one: "st", two: "nd", few: "rd" };
  const rule = new Intl.PluralRules("en", { type: "ordinal" }).select(number);
  return number.toLocaleString("en") + (ends[/** @type {"one"} */ (rule)] ?? "th");
}
