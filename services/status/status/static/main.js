// @ts-check
// Entry: puts the parts together and shows the page the address names.

import { byId, setAttribute } from "./shared/dom.js";
import { Connection } from "./live/connection.js";
import { FlowPage } from "./flow/flowpage.js";
import { JobPage } from "./job/jobpage.js";
import { LetterPage } from "./letters/open/letterpage.js";
import { placeOf } from "./letters/lettersapi.js";
import { LettersPage } from "./letters/letterspage.js";
import { countLettersNow } from "./letters/tally.js";
import { ListPage } from "./list/listpage.js";
import { parseRoute } from "./router.js";
import { SchedulesPage } from "./schedules/schedulespage.js";
import { SubmitForm } from "./submit/submit.js";
import { startTicking } from "./shared/time.js";

/** @typedef {ReturnType<typeof parseRoute>} Route */

const connection = new Connection();
const listPage = new ListPage(connection);
const jobPage = new JobPage(connection);
const lettersPage = new LettersPage(connection);
const letterPage = new LetterPage(connection);
const schedulesPage = new SchedulesPage(connection);
const flowPage = new FlowPage(connection);
const pages = {
  list: listPage,
  job: jobPage,
  letters: lettersPage,
  letter: letterPage,
  schedules: schedulesPage,
  flow: flowPage,
};
/** The job or the letter that is left, so that a list can put the focus on its row. */
let shown = "";
/** @type {keyof typeof pages} the one that index.html shows at first */
let current = "list";

function showAddress() {
  const route = parseRoute(location.hash);
  if (route.page !== current) pages[current].hide();
  current = route.page;
  markNavigation(route);
  show(route);
}

/** @param {Route} route */
function show(route) {
  const from = shown;
  shown = "";
  if (route.page === "list") return listPage.show(route, from);
  if (route.page === "schedules") return schedulesPage.show();
  if (route.page === "flow") return flowPage.show();
  if (route.page === "letters") return lettersPage.show(route.filter, from);
  shown = route.page === "job" ? route.jobId : placeOf(route.place);
  if (route.page === "job") jobPage.show(route.jobId, listPage.hash);
  else letterPage.show(route.place, lettersPage.hash);
}

/** @param {Route} route */
function markNavigation({ page }) {
  for (const [id, isHere, name] of [
    ["nav-jobs", page === "list" || page === "job", "list"],
    ["nav-letters", page === "letters" || page === "letter", "letters"],
    ["nav-schedules", page === "schedules", "schedules"],
    ["nav-flow", page === "flow", "flow"],
  ]) {
    const link = byId(String(id));
    setAttribute(link, "data-here", Boolean(isHere));
    // A job's page is within "Jobs", and is not that list.
    if (page === name) setAttribute(link, "aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Skipping must not change the address, which names the page. @param {Event} event */
function skipToContent(event) {
  event.preventDefault();
  byId("main").focus();
}

new SubmitForm();
startTicking();
// The list puts itself back where it was; the browser would do so before the rows are there.
history.scrollRestoration = "manual";
document.querySelector(".skip")?.addEventListener("click", skipToContent);
addEventListener("hashchange", showAddress);
showAddress();
countLettersNow();
