// @ts-check
// The address after "#": which page is shown, and what the list is narrowed to.

import { GROUPS } from "./shared/statuses.js";

/** @typedef {import("./statuses.js").Group} Group */
/** @typedef {{ page: "list", group: Group | "", q: string }} ListRoute */
/** @typedef {{ page: "job", jobId: string }} JobRoute */

/** @param {string} hash @returns {ListRoute | JobRoute} */
export function parseRoute(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const job = /^\/jobs\/([^/]+)$/.exec(path);
  if (job) return { page: "job", jobId: decoded(job[1]) };
  const params = new URLSearchParams(query);
  return { page: "list", group: groupNamed(params.get("show")), q: params.get("q") ?? "" };
}

/** @param {ListRoute} route */
export function listHash({ group, q }) {
  const params = new URLSearchParams();
  if (group) params.set("show", group);
  if (q) params.set("q", q);
  return params.size ? `#/?${params}` : "#/";
}

/** @param {string | null} name @returns {Group | ""} */
function groupNamed(name) {
  return GROUPS.find(({ group }) => group === name)?.group ?? "";
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
