// @ts-check
// One file being submitted: its progress, then its job or what went wrong.

import { awaitEnd } from "../live/announce.js";
import { button, el, icon, setText } from "../shared/dom.js";
import { jobHref, shortId } from "../shared/job.js";
import { freshKey } from "./key.js";
import { Problem } from "../shared/problem.js";
import { sizeInWords } from "../shared/size.js";
import { rememberSubmission } from "../shared/submitted.js";
import { upload } from "./upload.js";

// Long enough to read and to reach the link; the job itself stays in the list.
const ACCEPTED_STAYS_MS = 20_000;

export class UploadRow {
  #bar = /** @type {HTMLProgressElement} */ (el("progress", { max: 1, value: 0 }));
  #words = el("p", { class: "upload-words", role: "status" });
  #actions = el("div", { class: "upload-actions" });
  #abort = new AbortController();

  /** @param {Omit<import("./upload.js").Submission, "key">} asked */
  constructor(asked) {
    this.submission = { ...asked, key: freshKey() };
    const { file } = asked;
    this.#bar.setAttribute("aria-label", `Upload of ${file.name}`);
    const name = el("span", { class: "upload-name", title: file.name }, file.name);
    const size = el("span", { class: "muted" }, sizeInWords(file.size));
    const heading = el("p", { class: "upload-heading" }, icon("file"), name, size);
    this.root = el("li", { class: "upload" }, heading, this.#actions, this.#bar, this.#words);
    this.#waiting();
  }

  /** Sends the file; resolves when it was taken, was refused or could not be sent. */
  async send() {
    if (this.#abort.signal.aborted) return;
    this.#show(
      "sending",
      "Uploading…",
      button("Cancel", () => this.#dismiss()),
    );
    try {
      const onProgress = (/** @type {number} */ fraction) => this.#progress(fraction);
      this.#accepted(await upload(this.submission, onProgress, this.#abort.signal));
    } catch (error) {
      this.#failed(/** @type {Problem} */ (error));
    }
  }

  #waiting() {
    this.#show("waiting", "Waiting for the files before it.", this.#dismissButton());
  }

  /** @param {number} fraction */
  #progress(fraction) {
    this.#bar.value = fraction;
    setText(
      this.#words,
      fraction < 1
        ? `Uploading… ${Math.floor(fraction * 100)} %`
        : "Uploaded. Waiting for the receipt…",
    );
  }

  /** @param {import("./upload.js").Accepted} accepted */
  #accepted({ job_id: jobId, position }) {
    awaitEnd(jobId);
    rememberSubmission(jobId, position);
    const link = el("a", { class: "button", href: jobHref(jobId) }, "Follow this job");
    this.#show("accepted", `Accepted as job ${shortId(jobId)}.`, link, this.#dismissButton());
    setTimeout(() => this.#leave(), ACCEPTED_STAYS_MS);
  }

  /** @param {Problem} problem */
  #failed(problem) {
    const retry = button("Try again", () => this.send(), { kind: "button button-strong" });
    const actions = problem.passing ? [retry, this.#dismissButton()] : [this.#dismissButton()];
    this.#show("failed", problem.message, ...actions);
  }

  /** @param {string} state @param {string} words @param {...HTMLElement} actions */
  #show(state, words, ...actions) {
    const hadFocus = this.#actions.contains(document.activeElement);
    this.root.dataset.state = state;
    this.#bar.hidden = state !== "sending";
    this.#words.setAttribute("role", state === "failed" ? "alert" : "status");
    setText(this.#words, words);
    this.#actions.replaceChildren(...actions);
    if (hadFocus) actions[0].focus();
  }

  #dismissButton() {
    return button("Dismiss", () => this.#dismiss());
  }

  #dismiss() {
    this.#abort.abort();
    this.root.remove();
  }

  #leave() {
    if (this.root.matches(":hover, :focus-within"))
      setTimeout(() => this.#leave(), ACCEPTED_STAYS_MS);
    else this.root.remove();
  }
}
