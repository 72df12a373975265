// @ts-check
// Moments on the axis of a chart.

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** @param {number} at */
export function clockTime(at) {
  return TIME.format(at);
}

/** @param {number} at @param {boolean} [exact] */
export function dayTime(at, exact = false) {
  return (exact ? EXACT : DAY).format(at);
}
