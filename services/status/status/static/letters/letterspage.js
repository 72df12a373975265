// @ts-check
// The list of dead letters, beside the list of jobs.

import { Backoff } from "../live/backoff.js";
import { oncePerFrame } from "../live/frame.js";
import { ListFoot } from "../list/listfoot.js";
import { lettersHash } from "../router.js";
import { byId } from "../shared/dom.js";
import { LetterFilters } from "./letterfilters.js";
import { LetterList } from "./letterlist.js";
import { LetterRows } from "./letterrows.js";
import { ALL, listLetters, placeOf } from "./lettersapi.js";
import { News } from "./news.js";
import { RedriveBar } from "./redrive/bar.js";
import { countLettersNow, countLettersSoon, onCount } from "./tally.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("./lettersapi.js").LetterFilter} LetterFilter */
/** @typedef {import("./lettersapi.js").LettersPage} Page */

const PAGE = 50;
const FOOT = { root: "letters-foot", shown: "letters-shown", more: "letters-more" };

export class LettersPage {
  #root = byId("letters-page");
  #title = byId("letters-title");
  #list = new LetterList();
  #foot = new ListFoot(FOOT, "dead letter", () => this.#loadMore());
  #filters = new LetterFilters((filter) => this.#narrow(filter));
  #bar = new RedriveBar(this.#list, () => this.#redraw());
  #rows = new LetterRows(this.#list, {
    onChoice: () => this.#bar.show(this.#filter),
    onNewer: () => this.#load(),
    onClear: () => this.#narrow(ALL),
  });
  #backoff = new Backoff({ firstMs: 1000, maxMs: 15_000 });
  #changed = oncePerFrame(() => this.#redraw());
  #asking = new AbortController();
  #timer = 0;
  #loaded = false;
  #scrolledTo = 0;
  #filter = ALL;

  /** @param {import("../live/connection.js").Connection} connection */
  constructor(connection) {
    this.connection = connection;
    this.news = new News(connection, (job) => this.#hear(job));
    onCount((summary) => {
      this.#filters.count(summary);
      if (this.#loaded && !this.#root.hidden) this.#lookForNewer();
    });
  }

  /** Where a link back to the list leads. */
  get hash() {
    return lettersHash(this.#filter);
  }

  /** @param {LetterFilter} filter @param {string} [from] the letter or job the reader comes back from */
  show(filter, from) {
    document.title = "Dead letters - headway";
    const isEntered = this.#root.hidden;
    this.#root.hidden = false;
    const isSame = lettersHash(filter) === this.hash;
    this.#filter = filter;
    this.#filters.show(filter);
    if (isEntered) this.#enter(isSame && this.#loaded ? from : "");
    if (!isSame || !this.#loaded) this.#load();
  }

  hide() {
    this.#scrolledTo = scrollY;
    this.#root.hidden = true;
    this.#stop();
    this.news.stop();
  }

  /** @param {string} [from] */
  #enter(from) {
    this.news.start();
    countLettersNow();
    scrollTo(0, from ? this.#scrolledTo : 0);
    if (from && this.#rows.focus(from)) return;
    // A page just opened leaves the focus where a reader expects it, at its begin.
    if (document.activeElement !== document.body) this.#title.focus({ preventScroll: true });
  }

  /** @param {LetterFilter} filter */
  #narrow(filter) {
    history.replaceState(null, "", lettersHash(filter));
    this.show(filter);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#asking = new AbortController();
  }

  async #load() {
    this.#stop();
    this.#loaded = false;
    this.#rows.busy(this.#list.size === 0);
    const { signal } = this.#asking;
    try {
      this.#show(await listLetters(this.#filter, { limit: PAGE }, signal));
    } catch (error) {
      if (!signal.aborted) this.#failed(/** @type {Error} */ (error));
    }
  }

  /** @param {Page} page */
  #show(page) {
    this.#loaded = true;
    this.#backoff.succeeded();
    this.#list.replace(page);
    this.#rows.arrange(this.#filter);
    this.#redraw();
  }

  /** @param {Error} error */
  #failed(error) {
    this.#list.replace({ items: [], total: 0, next_cursor: null });
    this.#rows.failed(error.message, () => this.#load());
    this.#redraw();
    this.#timer = setTimeout(() => this.#load(), this.#backoff.nextMs());
  }

  async #loadMore() {
    const { signal } = this.#asking;
    try {
      const page = { limit: PAGE, cursor: this.#list.next };
      this.#list.append(await listLetters(this.#filter, page, signal));
      this.#rows.arrange(this.#filter);
      this.#redraw();
    } catch (error) {
      if (!signal.aborted) this.#foot.failed(/** @type {Error} */ (error).message);
    }
  }

  /** New ones wait behind a button: nothing slips from under a hand. */
  async #lookForNewer() {
    const { signal } = this.#asking;
    try {
      const { items, total } = await listLetters(this.#filter, { limit: 1 }, signal);
      const isNewer = items.length > 0 && !this.#list.get(placeOf(items[0]));
      this.#rows.offerNewer(isNewer ? Math.max(1, total - this.#list.total) : 0);
    } catch {
      // The next count asks again.
    }
  }

  /** @param {Job} job */
  #hear(job) {
    this.#bar.hear(job);
    if (job.status === "FAILED") countLettersSoon();
    if (this.#list.hear(job)) this.#changed();
  }

  #redraw() {
    this.#rows.paint();
    this.#bar.show(this.#filter);
    this.#foot.show(this.#list);
  }
}
