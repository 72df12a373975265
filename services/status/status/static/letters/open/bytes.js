// @ts-check
// The bytes of a record for people to read: as text, and as they are.

const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;
const PICTURES = 0x2400;
const PICTURE_OF_DELETE = "\u2421";

/** @param {string} base64 */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** What is no text in it is shown by a sign: nothing is hidden. @param {Uint8Array} bytes */
export function textOf(bytes) {
  const text = new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
  return text.replace(CONTROL, (char) =>
    char === "\x7f" ? PICTURE_OF_DELETE : String.fromCodePoint(PICTURES + char.charCodeAt(0)),
  );
}

/** Whether it reads as text. A character cut off at the end makes it no other. @param {Uint8Array} bytes */
export function isText(bytes) {
  const text = new TextDecoder().decode(bytes.subarray(0, 4096));
  const odd = text.replaceAll("\r", "").match(/[\x00-\x08\x0b-\x1f\ufffd]/g)?.length ?? 0;
  return odd <= 1;
}

/** Offset, bytes and characters, line by line. @param {Uint8Array} bytes @param {number} width */
export function hexOf(bytes, width) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += width) {
    const line = bytes.subarray(at, at + width);
    const hex = Array.from(line, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const offset = at.toString(16).padStart(5, "0");
    lines.push(`${offset}  ${hex.padEnd(width * 3 - 1)}  ${printable(line)}`);
  }
  return lines.join("\n");
}

/** @param {Uint8Array} line */
function printable(line) {
  return Array.from(line, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
}
