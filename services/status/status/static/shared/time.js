// @ts-check
// Moments and durations in words, and the <time> elements that keep their words current.

import { el, setAttribute, setText } from "./dom.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// The Date header has whole seconds and the answer took a while: less than this is no skew.
const SKEW_WORTH_CORRECTING_MS = 5 * SECOND;

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const DAY_ONLY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const CLOCK_TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

let skewMs = 0;

/** Learns how far this device's clock is from the server's. @param {string | null} dateHeader */
export function observeServerDate(dateHeader) {
  const ahead = Date.parse(dateHeader ?? "") - Date.now();
  if (!Number.isNaN(ahead)) skewMs = Math.abs(ahead) > SKEW_WORTH_CORRECTING_MS ? ahead : 0;
}

/** Now, by the server's clock: its timestamps are what "ago" is counted from. */
export function serverNow() {
  return Date.now() + skewMs;
}

/** @param {number} at milliseconds @param {number} now */
export function ago(at, now) {
  const age = now - at;
  if (age < 2 * SECOND) return "just now";
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s ago`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
  if (age < 7 * DAY) return `${Math.floor(age / DAY)} d ago`;
  return DAY_ONLY.format(at);
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
}

/** Time that is still passing; fractions of it would only flicker.
 * @param {number} at @param {number} now */
function elapsed(at, now) {
  const age = Math.max(0, now - at);
  return age < 10 * SECOND ? `${Math.floor(age / SECOND)} s` : duration(age);
}

/** Time that is still to come; what is due may take a moment until its turn has come.
 * @param {number} at @param {number} now */
function until(at, now) {
  const left = Math.ceil((at - now) / SECOND) * SECOND;
  if (left <= 0) return "any moment now";
  return `in ${left < MINUTE ? `${left / SECOND} s` : duration(left)}`;
}

/** Time that is expected to come, no closer than it can be known.
 * @param {number} at @param {number} now */
function about(at, now) {
  const left = at - now;
  if (left < SECOND) return "any moment now";
  if (left < 20 * SECOND) return `about ${Math.round(left / SECOND)} s`;
  if (left < MINUTE) return `about ${5 * Math.round(left / (5 * SECOND))} s`;
  if (left < HOUR) return `about ${Math.round(left / MINUTE)} min`;
  return `about ${(left / HOUR).toFixed(1)} h`;
}

/** @param {number} at @param {number} now */
function left(at, now) {
  return at - now < SECOND ? about(at, now) : `${about(at, now)} left`;
}

/** A time of today to the minute, another one with its day. @param {number} at @param {number} now */
function moment(at, now) {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return (isToday ? CLOCK_TIME : DAY_AND_TIME).format(at);
}

/** @param {number} at */
export function clock(at) {
  return CLOCK.format(at);
}

/** @param {number} at to the minute */
export function clockTime(at) {
  return CLOCK_TIME.format(at);
}

/** How a <time> element words its moment: "5 s ago", "5 s" so far, "in 5 s", "about 5 s",
 * "14:03:07", or "22:00" and its day. */
const WORDINGS = {
  ago,
  elapsed,
  until,
  about,
  left,
  clock,
  moment,
};

/** @param {string} iso @param {keyof typeof WORDINGS} wording */
export function timeElement(iso, wording) {
  const node = /** @type {HTMLTimeElement} */ (el("time", { "data-wording": wording }));
  setTime(node, iso);
  return node;
}

/** @param {HTMLTimeElement} node @param {string} iso */
export function setTime(node, iso) {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) {
    // Else it would go on ticking.
    node.removeAttribute("datetime");
    return setText(node, "");
  }
  setAttribute(node, "datetime", iso);
  setAttribute(node, "title", FULL.format(at));
  word(node);
}

/** @param {HTMLTimeElement} node */
function word(node) {
  const wording = WORDINGS[/** @type {keyof typeof WORDINGS} */ (node.dataset.wording)];
  setText(node, wording(Date.parse(node.dateTime), serverNow()));
}

/** Keeps the words of every <time> on the page current; a hidden page is left alone. */
export function startTicking() {
  setInterval(() => {
    if (document.hidden) return;
    for (const node of document.querySelectorAll("time[datetime]")) {
      word(/** @type {HTMLTimeElement} */ (node));
    }
  }, SECOND);
}
