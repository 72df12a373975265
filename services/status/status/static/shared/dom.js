// @ts-check
// Building and changing nodes. Text from users only ever passes through here as text.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean>} [attributes] true = present, false = absent
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children);
  return node;
}

/** @param {string} name of a symbol in index.html, without "icon-" */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  setIcon(svg, name);
  return svg;
}

/** @param {Element} svg made by icon() @param {string} name */
export function setIcon(svg, name) {
  setAttribute(/** @type {Element} */ (svg.firstElementChild), "href", `#icon-${name}`);
}

/** Leaves the node alone when nothing changes: live regions and selections stay quiet.
 * @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Element} node @param {string} name @param {string | number | boolean} value */
export function setAttribute(node, name, value) {
  if (typeof value === "boolean") node.toggleAttribute(name, value);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/**
 * @param {string} words
 * @param {() => void} action
 * @param {{ icon?: string, kind?: string }} [looks]
 */
export function button(words, action, looks = {}) {
  const node = el("button", { type: "button", class: looks.kind ?? "button" });
  if (looks.icon) node.append(icon(looks.icon));
  node.append(el("span", {}, words));
  node.addEventListener("click", action);
  return node;
}

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`index.html has no element #${id}`);
  return /** @type {T} */ (node);
}
