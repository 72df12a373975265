// @ts-check
// Which errors ended jobs, the most first.

import { el } from "../shared/dom.js";

const MOST = 8;

/**
 * @param {HTMLElement} root @param {[string, number][]} failures "stage class", and how often
 * @param {(name: string) => string} labelOf
 */
export function showFailures(root, failures, labelOf) {
  const most = failures[0]?.[1] ?? 0;
  const shown = failures.slice(0, MOST).map(([key, times]) => line(key, times, most, labelOf));
  const rest = failures.slice(MOST).reduce((sum, [, times]) => sum + times, 0);
  if (rest) {
    shown.push(el("li", { class: "muted" }, `and ${rest.toLocaleString()} of other classes`));
  }
  if (!shown.length) shown.push(el("li", { class: "muted" }, "No job was given up."));
  root.replaceChildren(...shown);
}

/**
 * @param {string} key @param {number} times @param {number} most
 * @param {(name: string) => string} labelOf
 */
function line(key, times, most, labelOf) {
  const [stage, name] = [key.slice(0, key.indexOf(" ")), key.slice(key.indexOf(" ") + 1)];
  const bar = el("meter", { class: "failure-bar", max: most, value: times, "aria-hidden": "true" });
  const words = el("span", {}, el("code", {}, name), ` in ${labelOf(stage)}`);
  return el("li", { class: "failure" }, words, bar, el("strong", {}, times.toLocaleString()));
}
