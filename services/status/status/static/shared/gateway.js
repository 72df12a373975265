// @ts-check
// Where files are submitted and jobs commanded: the address the server wrote into the page, or
// the page's own.

const meta = document.querySelector('meta[name="headway-gateway"]');
const address = meta?.getAttribute("content") ?? "";

/** @param {string} path */
export function gatewayUrl(path) {
  return new URL(path, address ? `${address.replace(/\/+$/, "")}/` : document.baseURI).href;
}

export const SUBMIT_URL = gatewayUrl("generate-file");
