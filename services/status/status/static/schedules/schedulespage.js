// @ts-check
// What the scheduler does and is about to do, asked for again and again while it is looked at.

import { News } from "../letters/news.js";
import { Asking } from "../live/asking.js";
import { byId, setAttribute, setText } from "../shared/dom.js";
import { getSchedules } from "./schedulesapi.js";
import { RuleView } from "./ruleview.js";
import { WindowView } from "./windowview.js";

/** @typedef {import("./schedulesapi.js").Schedules} Schedules */

const EVERY_MS = 2_000;
// What was just asked shows within about a second.
const SOON_MS = 600;

export class SchedulesPage {
  #root = byId("schedules-page");
  #title = byId("schedules-title");
  #message = byId("schedules-message");
  #asking = new Asking({
    everyMs: EVERY_MS,
    ask: async (signal) => this.#draw(await getSchedules(signal)),
    failed: (problem) => this.#failed(problem),
  });
  #rules = new Keyed(
    byId("rules"),
    (rule) => new RuleView(rule, () => this.#asking.askIn(SOON_MS)),
  );
  #windows = new Keyed(byId("windows"), (window) => new WindowView(window));

  /** @param {import("../live/connection.js").Connection} connection */
  constructor(connection) {
    // Whatever view is looked at, it is told what holds stages back, and whether it is live.
    this.news = new News(connection, () => {});
  }

  show() {
    document.title = "Schedules - headway";
    const isEntered = this.#root.hidden;
    this.#root.hidden = false;
    if (!isEntered) return;
    scrollTo(0, 0);
    if (document.activeElement !== document.body) this.#title.focus({ preventScroll: true });
    this.news.start();
    this.#asking.start();
  }

  hide() {
    this.#root.hidden = true;
    this.#asking.stop();
    this.news.stop();
  }

  /** @param {Schedules} schedules */
  #draw({ rules, windows }) {
    this.#rules.draw(rules.map((rule) => [rule.rule, rule]));
    this.#windows.draw(windows.map((window) => [window.stage, window]));
    byId("windows-section").hidden = windows.length === 0;
    const none = "No schedules yet: no scheduler has said anything here.";
    this.#say(rules.length + windows.length ? "" : none);
  }

  /** What was known stays, and is said to be old. @param {Error} problem */
  #failed(problem) {
    this.#say(`${problem.message} The page tries again by itself.`);
  }

  /** @param {string} words */
  #say(words) {
    setText(this.#message, words);
    setAttribute(byId("rules"), "aria-busy", "false");
  }
}

/** Views in a list, each under its name, brought up to date in place. */
class Keyed {
  /** @type {Map<string, { root: HTMLElement, update: (item: any) => void }>} */
  #views = new Map();

  /** @param {HTMLElement} root
   * @param {(item: any) => { root: HTMLElement, update: (item: any) => void }} make */
  constructor(root, make) {
    this.root = root;
    this.make = make;
  }

  /** @param {[string, any][]} items in order */
  draw(items) {
    const names = new Set(items.map(([name]) => name));
    for (const [name, view] of this.#views) if (!names.has(name)) this.#remove(name, view.root);
    let place = this.root.firstElementChild;
    for (const [name, item] of items) {
      const node = this.#shown(name, item).root;
      if (node === place) place = place.nextElementSibling;
      else this.root.insertBefore(node, place);
    }
  }

  /** @param {string} name @param {any} item */
  #shown(name, item) {
    const known = this.#views.get(name);
    const view = known ?? this.make(item);
    if (known) known.update(item);
    else this.#views.set(name, view);
    return view;
  }

  /** @param {string} name @param {HTMLElement} root */
  #remove(name, root) {
    root.remove();
    this.#views.delete(name);
  }
}
