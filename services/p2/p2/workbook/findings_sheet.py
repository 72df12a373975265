"""Every finding, to filter and tick off."""

from typing import Any, Final

from p2.document.profile import Profile
from p2.workbook.formats import Formats, write_text

_HEADS: Final = (("Level", 11), ("Column", 30), ("Finding", 100))


def fill(sheet: Any, profile: Profile, looks: Formats) -> None:
    for at, (head, width) in enumerate(_HEADS):
        sheet.set_column(at, at, width)
        write_text(sheet, 0, at, head, looks.head)
    for row, finding in enumerate(profile["findings"], start=1):
        about = finding["column"]
        name = "whole file" if about is None else profile["columns"][about]["name"]
        write_text(sheet, row, 0, finding["level"].capitalize(), looks.levels[finding["level"]])
        write_text(sheet, row, 1, name, looks.wrapped)
        write_text(sheet, row, 2, finding["text"], looks.wrapped)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(profile["findings"]), len(_HEADS) - 1)
