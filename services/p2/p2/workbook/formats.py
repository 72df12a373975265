"""How cells of the workbook look, and how text gets into them."""

import re
from dataclasses import dataclass
from typing import Any, Final

import xlsxwriter

_HEAD: Final = {"bold": True, "bg_color": "#EEF2F8", "bottom": 1, "bottom_color": "#B9C4D6"}
_WRAP: Final = {"text_wrap": True, "valign": "top"}

#: What XML cannot carry; one such character and Excel calls the file damaged.
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

#: xlsxwriter comes without types.
Format = Any


@dataclass(frozen=True, slots=True)
class Formats:
    title: Format
    head: Format
    head_right: Format
    label: Format
    text: Format
    wrapped: Format
    number: Format
    whole: Format
    percent: Format
    levels: dict[str, Format]


def add(workbook: xlsxwriter.Workbook) -> Formats:
    return Formats(
        title=workbook.add_format({"bold": True, "font_size": 18}),
        head=workbook.add_format(_HEAD),
        head_right=workbook.add_format({**_HEAD, "align": "right"}),
        label=workbook.add_format({"font_color": "#5D6878"}),
        text=workbook.add_format({"valign": "top", "align": "left"}),
        wrapped=workbook.add_format(_WRAP),
        number=workbook.add_format({"num_format": "#,##0.#####"}),
        whole=workbook.add_format({"num_format": "#,##0"}),
        percent=workbook.add_format({"num_format": "0.0%"}),
        levels={
            "problem": workbook.add_format({**_WRAP, "bold": True, "font_color": "#B3261E"}),
            "warning": workbook.add_format({**_WRAP, "bold": True, "font_color": "#8A5A00"}),
            "note": workbook.add_format({**_WRAP, "font_color": "#4A5A72"}),
        },
    )


def write_text(sheet: Any, row: int, column: int, value: str, look: Format) -> None:
    sheet.write_string(row, column, shown(value), look)


def shown(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
