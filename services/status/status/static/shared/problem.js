// @ts-check
// A refusal in words: application/problem+json, or the best that can be said without one.

export class Problem extends Error {
  /** @param {number} status HTTP status, 0 when no answer came @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** Whether the same request may succeed later: no answer, too busy, or the server's own fault. */
  get passing() {
    if (this.status === 501) return false;
    return [0, 408, 409, 425, 429].includes(this.status) || this.status >= 500;
  }
}

/** @param {number} status @param {string} body @returns {Problem} */
export function problemFrom(status, body) {
  return new Problem(status, wordsIn(body) || fallback(status));
}

/** @param {string} body */
function wordsIn(body) {
  const document = parsed(body);
  if (!document) return "";
  const words = text(document.detail) || text(document.title);
  const more = fields(document.errors).filter((error) => !words.includes(error.detail));
  return [words, ...more.map(({ field, detail }) => `${field}: ${detail}`)].join(" ").trim();
}

/** @param {string} body @returns {Record<string, any> | null} */
function parsed(body) {
  try {
    const value = JSON.parse(body);
    return value && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** @param {unknown} errors @returns {{ field: string, detail: string }[]} */
function fields(errors) {
  if (!Array.isArray(errors)) return [];
  return errors
    .map((error) => ({
      field: text(error?.field) || "the submission",
      detail: text(error?.detail),
    }))
    .filter(({ detail }) => detail);
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : "";
}

/** @param {number} status */
function fallback(status) {
  if (status === 413) return "The file is larger than the service accepts.";
  if (status === 429) return "The service is busy. Try again in a moment.";
  if (status >= 500) return `The service could not answer (HTTP ${status}). Try again in a moment.`;
  return `The service refused the request (HTTP ${status}).`;
}

/** What the reader can do about it. @param {Problem} problem */
export function remedyFor(problem) {
  if (!navigator.onLine) return "This device is offline: try again once it is not.";
  if (problem.status === 0) return "Check the connection and try again; nothing happens twice.";
  // The job has moved on: its page shows where to.
  if (problem.status === 409) return "";
  if (problem.status === 403) return "The gateway does not list this page in ALLOWED_ORIGINS.";
  if (problem.status === 404) return "It may be gone, or its gateway is older than this page.";
  return problem.passing ? "Try again in a moment; nothing happens twice." : "";
}
