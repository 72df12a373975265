// @ts-check
// Entry: puts the parts together and shows the page the address names.

import { byId } from "./shared/dom.js";
import { Connection } from "./live/connection.js";
import { JobPage } from "./job/jobpage.js";
import { ListPage } from "./list/listpage.js";
import { parseRoute } from "./router.js";
import { SubmitForm } from "./submit/submit.js";
import { startTicking } from "./shared/time.js";

const connection = new Connection();
const listPage = new ListPage(connection);
const jobPage = new JobPage(connection);
let shownJob = "";

function showAddress() {
  const route = parseRoute(location.hash);
  if (route.page === "job") {
    listPage.hide();
    jobPage.show(route.jobId, listPage.hash);
    shownJob = route.jobId;
  } else {
    jobPage.hide();
    listPage.show(route, shownJob);
    shownJob = "";
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
