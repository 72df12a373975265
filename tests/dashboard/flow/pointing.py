"""A chart whose last minutes are pointed at, place by place."""

from typing import Final

from playwright.sync_api import Locator

#: By less than a window: an hour of them shares some hundred pixels.
_POINT: Final = """card => {
  const drawing = card.querySelector(".chart");
  const { left, top, width } = drawing.getBoundingClientRect();
  const told = {};
  for (let x = width - 60; x < width; x += 0.25) {
    const at = { clientX: left + x, clientY: top + 60 };
    drawing.dispatchEvent(new PointerEvent("pointermove", at));
    const when = card.querySelector(".chart-when").textContent.replace("\\u202f", " ");
    if (when) told[Date.parse(when) / 1000] = card.querySelector(".legend strong").textContent;
  }
  drawing.dispatchEvent(new PointerEvent("pointerleave"));
  return told;
}"""


def pointed_at(card: Locator) -> dict[float, str]:
    """What its legend says of the first line, by the moment in seconds since 1970."""
    return {float(at): words for at, words in card.evaluate(_POINT).items()}
