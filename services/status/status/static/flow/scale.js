// @ts-check
// Round numbers for axes, and numbers in words; pure.

const STEPS = [1, 2, 2.5, 5, 10];

/** The least round number that is not below *value*. @param {number} value */
export function roundAbove(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => step * power >= value) ?? 10) * power;
}

/** @param {number} value */
export function amount(value) {
  if (value >= 100) return Math.round(value).toLocaleString();
  return value.toLocaleString(undefined, { maximumFractionDigits: value >= 10 ? 1 : 2 });
}

/** @param {number} value of things that are whole */
export function count(value) {
  return value < 10 && value % 1 ? value.toFixed(1) : Math.round(value).toLocaleString();
}

/** @param {number} value a second */
export function rate(value) {
  return `${amount(value)}/s`;
}

/** @param {number} seconds */
export function seconds(seconds) {
  if (seconds === 0) return "0";
  if (seconds < 1) return `${amount(seconds * 1000)} ms`;
  if (seconds < 120) return `${amount(seconds)} s`;
  return seconds < 7200 ? `${amount(seconds / 60)} min` : `${amount(seconds / 3600)} h`;
}
