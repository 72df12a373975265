"""The report as an Excel workbook with native charts.

Every text goes in as text: a value such as `=1+1` is shown, never computed.
"""

import io
from datetime import UTC, datetime
from typing import Final

import xlsxwriter

from p2.document.profile import Profile
from p2.workbook import (
    columns_sheet,
    distributions_sheet,
    findings_sheet,
    formats,
    overview_sheet,
)

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
#: The same profile gives the same bytes, so no time of writing; ZIP entries say 1980 as well.
_CREATED: Final = datetime(1980, 1, 1, tzinfo=UTC)


def render(profile: Profile) -> bytes:
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, _OPTIONS)
    workbook.set_properties({"title": formats.shown(profile["title"]), "created": _CREATED})
    looks = formats.add(workbook)
    sheets = {
        name: workbook.add_worksheet(name)
        for name in ("Overview", "Columns", "Findings", "Charts", "Distributions")
    }
    overview_sheet.fill(sheets["Overview"], profile, looks)
    columns_sheet.fill(sheets["Columns"], profile, looks)
    findings_sheet.fill(sheets["Findings"], profile, looks)
    distributions_sheet.fill(workbook, sheets["Distributions"], sheets["Charts"], profile, looks)
    workbook.close()
    return file.getvalue()
