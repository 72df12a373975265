// @ts-check
// How the pipeline stands and what it did, asked for again and again while it is looked at.

import { News } from "../letters/news.js";
import { Asking } from "../live/asking.js";
import { byId, setAttribute, setText } from "../shared/dom.js";
import { Charts } from "./charts.js";
import { showFailures } from "./failures.js";
import { getPipeline, getStatistics } from "./flowapi.js";
import { Picture } from "./picture.js";

const EVERY_MS = 2_000;
// Windows are ten seconds long, and said once a second.
const STATISTICS_EVERY_MS = 4_000;
const NOTHING =
  "Nothing is known of this time. The statistics are a service of their own: does it run?";

export class FlowPage {
  #root = byId("flow-page");
  #title = byId("flow-title");
  #message = byId("flow-message");
  #picture = new Picture(byId("flow"));
  #charts = new Charts();
  #asking = new Asking({
    everyMs: EVERY_MS,
    ask: (signal) => this.#show(signal),
    failed: (problem) => setText(this.#message, problem.message),
  });
  #isDueAt = 0;

  /** @param {import("../live/connection.js").Connection} connection */
  constructor(connection) {
    // Whatever view is looked at, it is told what holds stages back, and whether it is live.
    this.news = new News(connection, () => {});
    byId("charts").append(...this.#charts.nodes);
    for (const range of /** @type {const} */ (["hour", "week"])) {
      byId(`range-${range}`).addEventListener("click", () => this.#choose(range));
    }
    addEventListener("resize", () => this.#root.hidden || this.#charts.draw());
  }

  show() {
    document.title = "Pipeline - headway";
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

  /** @param {"hour" | "week"} range */
  #choose(range) {
    for (const each of ["hour", "week"]) {
      setAttribute(byId(`range-${each}`), "aria-pressed", String(each === range));
    }
    this.#charts.choose(range);
    this.#isDueAt = 0;
    this.#asking.start();
  }

  /** @param {AbortSignal} signal */
  async #show(signal) {
    const pipeline = await getPipeline(signal);
    this.#picture.show(pipeline);
    this.#charts.name(pipeline.stages);
    if (Date.now() < this.#isDueAt) return;
    const { windows } = await getStatistics(this.#charts.asked, signal);
    this.#isDueAt = Date.now() + STATISTICS_EVERY_MS;
    this.#charts.take(windows);
    showFailures(byId("failures"), this.#charts.failures(), (name) => this.#charts.labelOf(name));
    setText(this.#message, this.#charts.isEmpty ? NOTHING : "");
  }
}
