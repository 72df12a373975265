// @ts-check
// The address after "#": which page is shown, and what it is narrowed to.

import { GROUPS } from "./shared/statuses.js";

/** @typedef {import("./shared/statuses.js").Group} Group */
/** @typedef {import("./shared/job.js").Position} Position */
/** @typedef {import("./letters/lettersapi.js").LetterFilter} LetterFilter */
/** @typedef {{ page: "list", group: Group | "", q: string, tag: string }} ListRoute */
/** @typedef {{ page: "job", jobId: string }} JobRoute */
/** @typedef {{ page: "letters", filter: LetterFilter }} LettersRoute */
/** @typedef {{ page: "letter", place: Position }} LetterRoute */
/** @typedef {{ page: "schedules" }} SchedulesRoute */
/** @typedef {{ page: "flow" }} FlowRoute */
/** @typedef {ListRoute | JobRoute | LettersRoute | LetterRoute | SchedulesRoute | FlowRoute} Route */

/** @param {string} hash @returns {Route} */
export function parseRoute(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const params = new URLSearchParams(query);
  const job = /^\/jobs\/([^/]+)$/.exec(path);
  if (job) return { page: "job", jobId: decoded(job[1]) };
  const letter = /^\/dead-letters\/([^/]+)\/(\d+)\/(\d+)$/.exec(path);
  if (letter) return { page: "letter", place: placeIn(letter) };
  if (path === "/pipeline") return { page: "flow" };
  if (path === "/dead-letters") return { page: "letters", filter: letterFilterIn(params) };
  if (path === "/schedules") return { page: "schedules" };
  const [q, tag] = ["q", "tag"].map((name) => params.get(name) ?? "");
  return { page: "list", group: groupNamed(params.get("show")), q, tag };
}

/** @param {Omit<ListRoute, "page">} filter */
export function listHash({ group, q, tag }) {
  return hashOf("#/", { show: group, q, tag });
}

/** @param {LetterFilter} filter */
export function lettersHash({ stage, errorClass, when, since, until, open }) {
  const between = when === "between";
  const bounds = { since: between ? since : "", until: between ? until : "" };
  const params = { stage, error: errorClass, when, ...bounds, open: open ? "1" : "" };
  return hashOf("#/dead-letters", params);
}

/** @param {string} path @param {Record<string, string>} values empty ones are left out */
function hashOf(path, values) {
  const params = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
  return params.size ? `${path}?${params}` : path;
}

/** @param {URLSearchParams} params @returns {LetterFilter} */
function letterFilterIn(params) {
  const named = (/** @type {string} */ name) => params.get(name) ?? "";
  return {
    stage: named("stage"),
    errorClass: named("error"),
    when: named("when"),
    since: named("since"),
    until: named("until"),
    open: params.has("open"),
  };
}

/** @param {RegExpExecArray} found @returns {Position} */
function placeIn([, topic, partition, offset]) {
  return { topic: decoded(topic), partition: Number(partition), offset: Number(offset) };
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
