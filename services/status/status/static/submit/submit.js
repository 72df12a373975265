// @ts-check
// Choosing and dropping files, and sending them a few at a time.

import { byId } from "../shared/dom.js";
import { Extras } from "./extras.js";
import { UploadRow } from "./uploadrow.js";

// Side by side files share the line; two keep it busy while one waits for its receipt.
const AT_ONCE = 2;

export class SubmitForm {
  #input = /** @type {HTMLInputElement} */ (byId("file"));
  #delimiter = /** @type {HTMLSelectElement} */ (byId("delimiter"));
  #extras = new Extras();
  #dropzone = byId("dropzone");
  #uploads = byId("uploads");
  /** @type {UploadRow[]} */
  #waiting = [];
  #sending = 0;

  constructor() {
    this.#input.addEventListener("change", () => this.#chosen());
    byId("submit").addEventListener("submit", (event) => event.preventDefault());
    // The whole window, for a file dropped beside the zone would replace the page.
    addEventListener("dragover", (event) => this.#dragged(event));
    addEventListener("dragleave", (event) => this.#dragLeft(event));
    addEventListener("drop", (event) => this.#dropped(event));
  }

  #chosen() {
    this.#add([...(this.#input.files ?? [])]);
    // Forgotten, so that choosing the same file again is a new choice.
    this.#input.value = "";
  }

  /** @param {DragEvent} event */
  #dragged(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.#highlight(true);
  }

  /** Between two elements of the page there is a related target; outside of it none.
   * @param {DragEvent} event */
  #dragLeft(event) {
    if (!event.relatedTarget) this.#highlight(false);
  }

  /** @param {DragEvent} event */
  #dropped(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#highlight(false);
    if (this.#dropzone.closest("[hidden]")) location.hash = "#/";
    this.#add(filesIn(event.dataTransfer));
  }

  /** @param {boolean} on */
  #highlight(on) {
    this.#dropzone.classList.toggle("dropzone-over", on);
  }

  /** @param {File[]} files */
  #add(files) {
    const extras = this.#extras.read();
    if (!extras) return;
    const asked = { delimiter: this.#delimiter.value, ...extras };
    const rows = files.map((file) => new UploadRow({ file, ...asked }));
    this.#uploads.prepend(...rows.map((row) => row.root));
    this.#waiting.push(...rows);
    this.#sendNext();
  }

  #sendNext() {
    while (this.#sending < AT_ONCE && this.#waiting.length) {
      this.#sending += 1;
      const row = /** @type {UploadRow} */ (this.#waiting.shift());
      row.send().finally(() => {
        this.#sending -= 1;
        this.#sendNext();
      });
    }
  }
}

/** The files of a drop; folders look like files there but cannot be read.
 * @param {DataTransfer} transfer */
function filesIn(transfer) {
  return [...transfer.items]
    .filter((item) => item.kind === "file" && !item.webkitGetAsEntry()?.isDirectory)
    .map((item) => item.getAsFile())
    .filter((file) => file !== null);
}
