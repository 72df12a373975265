// @ts-check

import { copy } from "./copy.js";
import { el, icon } from "../shared/dom.js";

const THANKS_MS = 1600;

/** @param {string} words what is copied, as in "Copy the job id" @param {string} text */
export function copyButton(words, text) {
  const said = el("span", { role: "status" });
  const node = el("button", { type: "button", class: "copy", title: words, "aria-label": words });
  node.append(icon("copy"));
  node.addEventListener("click", async () => {
    said.textContent = (await copy(text)) ? "copied" : "could not be copied";
    setTimeout(() => (said.textContent = ""), THANKS_MS);
  });
  return el("span", { class: "copy-place" }, node, said);
}
