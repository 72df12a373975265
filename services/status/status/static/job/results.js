// @ts-check
// The files a finished job has made.

import { apiUrl } from "../shared/api.js";
import { el, icon } from "../shared/dom.js";
import { sizeInWords } from "../shared/size.js";

/** @typedef {import("../shared/job.js").ResultFile} ResultFile */

const KINDS = new Map([
  ["text/html", "Web page"],
  ["text/csv", "CSV"],
  ["application/json", "JSON"],
  ["application/pdf", "PDF"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Spreadsheet"],
]);

/** @param {ResultFile[]} files */
export function resultsSection(files) {
  return el(
    "section",
    { class: "results", "aria-labelledby": "results-title" },
    el("h2", { id: "results-title" }, files.length === 1 ? "File" : "Files"),
    el("ul", { class: "files", role: "list" }, ...files.map(fileItem)),
  );
}

/** @param {ResultFile} file */
function fileItem(file) {
  const mediaType = file.media_type.split(";")[0].trim();
  const kind = KINDS.get(mediaType) ?? mediaType;
  const actions = [link(file, "Download", "download", { download: file.name })];
  if (mediaType === "text/html")
    actions.unshift(link(file, "Open", "open", { target: "_blank", rel: "noopener" }));
  return el(
    "li",
    { class: "file" },
    icon("file"),
    el(
      "p",
      { class: "file-what" },
      el("span", { class: "file-name" }, file.name),
      el("span", { class: "muted" }, `${kind}, ${sizeInWords(file.size_bytes)}`),
    ),
    el("div", { class: "file-actions" }, ...actions),
  );
}

/**
 * @param {ResultFile} file
 * @param {string} words
 * @param {string} iconName
 * @param {Record<string, string>} attributes
 */
function link(file, words, iconName, attributes) {
  const strong = iconName === "download" ? "button" : "button button-strong";
  const label = `${words} ${file.name}`;
  const node = el("a", {
    class: strong,
    href: webAddress(file.href),
    "aria-label": label,
    ...attributes,
  });
  node.append(icon(iconName), words);
  return node;
}

/** Addresses come with the data: only such that lead to a web server become links.
 * @param {string} href */
function webAddress(href) {
  const url = apiUrl(href);
  return /^https?:/.test(url) ? url : "#";
}
