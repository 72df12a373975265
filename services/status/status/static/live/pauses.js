// @ts-check
// What holds a stage back, said above every view: a dependency that is away, or a stage that is
// stopped because everything fails in it. The streams of events tell of both.

import { getJson } from "../shared/api.js";
import { byId, el, icon } from "../shared/dom.js";
import { clockTime } from "../shared/time.js";

/** @typedef {{ stage: string, instance: string, reason: string, since: string,
 *   partitions: number }} Pause */

const BREAKER = "breaker:";
const ASK_MS = 10_000;
const TOO_MANY = "too many dead letters";

/** What was said last; saying it again would make a screen reader repeat it. */
let said = "";

/** @param {Pause[]} pauses of all instances; none = all work */
export function showPauses(pauses) {
  const sentences = [...firstOfEach(pauses).values()].map(sentence);
  if (sentences.join("\n") === said) return;
  said = sentences.join("\n");
  const lines = sentences.map((words) => el("p", {}, icon("paused"), words));
  byId("pauses").replaceChildren(...lines);
}

/** What was said before a stream broke may be over: a service just started has nothing to tell. */
export async function askPauses() {
  if (!said) return;
  try {
    showPauses((await getJson("pauses", AbortSignal.timeout(ASK_MS))).pauses);
  } catch {
    // Said until something else is heard.
  }
}

/** Instances of one stage wait for the same thing: one sentence, since the first of them did.
 * Other pauses are a matter of moments, while partitions move, say. @param {Pause[]} pauses */
function firstOfEach(pauses) {
  /** @type {Map<string, Pause>} */
  const first = new Map();
  for (const pause of pauses) {
    if (pause.reason !== TOO_MANY && !pause.reason.startsWith(BREAKER)) continue;
    const name = `${pause.stage} ${pause.reason}`;
    const known = first.get(name);
    if (!known || Date.parse(pause.since) < Date.parse(known.since)) first.set(name, pause);
  }
  return first;
}

/** @param {Pause} pause */
function sentence({ stage, reason, since }) {
  const who = stage.replace(/^p(\d+)$/, "Process $1");
  const when = clockTime(Date.parse(since));
  if (reason === TOO_MANY)
    return `${who} is paused since ${when}: too many jobs failed in a row. Jobs wait and none is lost.`;
  const what = reason.slice(BREAKER.length);
  return `${who} waits for the ${what} since ${when}. Jobs wait and none is lost.`;
}
