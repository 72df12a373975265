// @ts-check
// The small word on how current the page is: live, reconnecting, or offline and since when.

import { byId, setAttribute, setText } from "../shared/dom.js";
import { askPauses, showPauses } from "./pauses.js";
import { clock } from "../shared/time.js";

const OFFLINE_AFTER_MS = 10_000;

/** @typedef {"connecting" | "live" | "reconnecting" | "offline"} ConnectionState */

export class Connection {
  #root = byId("connection");
  #words = byId("connection-words");
  #timer = 0;
  /** @type {number | null} moment the connection was lost */
  #lostAt = null;

  constructor() {
    addEventListener("offline", () => this.lost());
  }

  /** What every feed of the page tells it, whichever view it is for. */
  get hearing() {
    return {
      onPauses: showPauses,
      /** @param {import("./feed.js").FeedState} state */
      onState: (state) => (state === "live" ? this.live() : this.lost()),
    };
  }

  live() {
    clearTimeout(this.#timer);
    this.#lostAt = null;
    if (this.#root.dataset.state === "live") return;
    this.#show("live", "Live");
    askPauses();
    this.#root.title = `Live since ${clock(Date.now())}`;
  }

  /** Nothing is heard from the server; the page keeps trying. May be said again and again. */
  lost() {
    this.#lostAt ??= Date.now();
    clearTimeout(this.#timer);
    const left = this.#lostAt + OFFLINE_AFTER_MS - Date.now();
    if (left <= 0 || !navigator.onLine) return this.#offline();
    this.#show("reconnecting", "Reconnecting…");
    this.#root.title = `Since ${clock(this.#lostAt)}`;
    this.#timer = setTimeout(() => this.#offline(), left);
  }

  #offline() {
    this.#show("offline", `Offline since ${clock(this.#lostAt ?? Date.now())}`);
    this.#root.title = "The page keeps trying and will go on where it stopped.";
  }

  /** @param {ConnectionState} state @param {string} words */
  #show(state, words) {
    setAttribute(this.#root, "data-state", state);
    setText(this.#words, words);
  }
}
