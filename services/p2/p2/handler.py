"""P2's work: a file's profile in, the report its user downloads out."""

from typing import Final

from headway import Context, Done, Handler, Job, ObjectStore, ResultFile
from p2 import filenames
from p2.document import profile as document
from p2.page import page
from p2.stage import P2Settings
from p2.workbook import workbook

_HTML: Final = "text/html"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def of_settings(settings: P2Settings) -> Handler:
    """The handler of a worker process."""
    return make_handler(ObjectStore.open(settings.object_store_url))


def make_handler(store: ObjectStore) -> Handler:
    """A handler whose record refers to a profile: {"profile": {"key", "size_bytes"}, ...}.

    It writes `jobs/{job_id}/p2/report.html` and `report.xlsx`, the same bytes at every run.
    """

    def render_report(job: Job, context: Context) -> Done:
        context.report(0.0, "reading the profile")
        profile = document.load(store.get_bytes(job.payload["profile"]["key"]))
        context.report(0.1, "drawing the page")
        html = _put(store, job, "html", _HTML, page.render(profile))
        context.report(0.5, "filling the workbook")
        xlsx = _put(store, job, "xlsx", _XLSX, workbook.render(profile))
        context.report(1.0)
        files = (html, xlsx)
        return Done({"files": [_record(file) for file in files]}, result=files)

    return render_report


def _put(store: ObjectStore, job: Job, ending: str, media_type: str, data: bytes) -> ResultFile:
    key = f"jobs/{job.job_id}/p2/report.{ending}"
    store.put_bytes(key, data)
    return ResultFile(filenames.report(job.title, ending), media_type, key, len(data))


def _record(file: ResultFile) -> dict[str, str | int]:
    return {
        "name": file.name,
        "media_type": file.media_type,
        "key": file.key,
        "size_bytes": file.size_bytes,
    }
