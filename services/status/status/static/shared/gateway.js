// @ts-check
// Where files are submitted: the address the server wrote into the page, or the page's own.

const meta = document.querySelector('meta[name="headway-gateway"]');
const address = meta?.getAttribute("content") ?? "";

export const SUBMIT_URL = new URL(
  "generate-file",
  address ? `${address.replace(/\/+$/, "")}/` : document.baseURI,
).href;
