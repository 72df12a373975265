// @ts-check
// The list of jobs: a page of it from the API, then every change by events from that position on.

import { announceEnd } from "../live/announce.js";
import { listJobs } from "../shared/api.js";
import { Backoff } from "../live/backoff.js";
import { Counts } from "./counts.js";
import { byId } from "../shared/dom.js";
import { hearLines } from "../live/expected.js";
import { Feed } from "../live/feed.js";
import { ALL, asked, Filters, passes } from "./filters.js";
import { oncePerFrame } from "../live/frame.js";
import { JobList } from "./joblist.js";
import { ListFoot } from "./listfoot.js";
import { ListMessage } from "./listmessage.js";
import { listHash } from "../router.js";
import { Rows } from "./rows.js";

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("./filters.js").Filter} Filter */

const PAGE = 50;
const FOOT = { root: "list-foot", shown: "shown", more: "more" };

export class ListPage {
  #root = byId("list-page");
  #list = new JobList();
  #rows = new Rows(this.#list);
  #foot = new ListFoot(FOOT, "job", () => this.#loadMore());
  #counts = new Counts(() => this.#recount());
  #filters = new Filters((filter) => this.#narrow(filter));
  #message = new ListMessage({
    onClear: () => this.#narrow(ALL),
    onRetry: () => this.#load(),
  });
  #backoff = new Backoff({ firstMs: 1000, maxMs: 15_000 });
  /** @type {Filter} */
  #filter = ALL;
  /** @type {Feed | null} */
  #feed = null;
  #asking = new AbortController();
  #changed = oncePerFrame(() => this.#redraw());
  #timer = 0;
  #loaded = false;
  #scrolledTo = 0;

  /** @param {import("../live/connection.js").Connection} connection */
  constructor(connection) {
    this.connection = connection;
  }

  /** Where a link back to the list leads. */
  get hash() {
    return listHash(this.#filter);
  }

  /** @param {Filter} filter @param {string} [from] the job the reader comes back from */
  show(filter, from) {
    document.title = "headway";
    this.#root.hidden = false;
    const same = listHash(filter) === this.hash;
    this.#filter = filter;
    this.#filters.show(this.#filter);
    if (!this.#loaded || !same) return this.#load();
    this.#feed?.start();
    if (from) this.#returnTo(from);
  }

  hide() {
    this.#scrolledTo = scrollY;
    this.#root.hidden = true;
    this.#stop();
  }

  /** @param {string} jobId */
  #returnTo(jobId) {
    scrollTo(0, this.#scrolledTo);
    this.#rows.focus(jobId);
  }

  /** @param {Filter} filter */
  #narrow(filter) {
    history.replaceState(null, "", listHash(filter));
    this.show(filter);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#counts.stop();
    this.#feed?.stop();
  }

  async #load() {
    this.#stop();
    this.#loaded = false;
    this.#rows.busy = true;
    if (this.#list.size === 0) this.#message.loading();
    const { signal } = this.#asking;
    try {
      this.#show(await listJobs(this.#query(), signal));
    } catch (error) {
      if (!signal.aborted) this.#failed(/** @type {Error} */ (error));
    }
  }

  /** @param {import("../shared/api.js").JobPage} page */
  #show(page) {
    this.#loaded = true;
    this.#list.replace(page.jobs, page.next);
    this.#counts.restart(page.counts, page.jobs);
    this.#rows.busy = false;
    this.#rows.replaced();
    this.#redraw();
    this.#follow(page.position);
  }

  /** @param {Error} error */
  #failed(error) {
    this.connection.lost();
    this.#list.replace([], null);
    this.#rows.replaced();
    this.#foot.show(this.#list);
    this.#message.failed(error.message);
    this.#timer = setTimeout(() => this.#load(), this.#backoff.nextMs());
  }

  /** @param {string} position */
  #follow(position) {
    this.#feed = new Feed({
      path: "events",
      position,
      onJob: (job) => this.#take(job),
      onGone: (jobId) => this.#forget(jobId),
      onLines: (lines) => hearLines(lines, this.#changed),
      onReset: () => this.#reload(),
      ...this.connection.hearing,
    });
    this.#feed.start();
  }

  /** After a pause: a server that resets every stream must not be asked in a tight loop. */
  #reload() {
    this.#stop();
    this.#timer = setTimeout(() => this.#load(), this.#backoff.nextMs());
  }

  /** @param {Job} job */
  #take(job) {
    this.#backoff.succeeded();
    this.#counts.take(job);
    announceEnd(job);
    this.#list.take(job, passes(job, this.#filter));
    this.#changed();
  }

  /** @param {string} jobId */
  #forget(jobId) {
    this.#counts.forget(jobId);
    this.#list.remove(jobId);
    this.#changed();
  }

  #redraw() {
    this.#rows.paint();
    this.#filters.count(this.#counts);
    this.#foot.show(this.#list);
    if (this.#list.size === 0) this.#message.empty(this.#filter);
    else this.#message.nothing();
  }

  async #loadMore() {
    const { signal } = this.#asking;
    try {
      const page = await listJobs({ ...this.#query(), cursor: this.#list.next }, signal);
      this.#list.append(page.jobs, page.next);
      this.#counts.known(page.jobs);
      this.#rows.replaced();
      this.#redraw();
    } catch (error) {
      if (!signal.aborted) this.#foot.failed(/** @type {Error} */ (error).message);
    }
  }

  async #recount() {
    const { signal } = this.#asking;
    try {
      this.#counts.set((await listJobs({ ...this.#query(), limit: 1 }, signal)).counts);
      this.#filters.count(this.#counts);
    } catch {
      // The numbers stay as the events have moved them; the next change asks again.
    }
  }

  #query() {
    return { ...asked(this.#filter, this.#counts.statuses()), limit: PAGE };
  }
}
