"""P1's work: a user's CSV in, its profile out."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from headway import Context, Done, Handler, Job, ObjectStore
from p1.document import profile
from p1.profiling import profile_file
from p1.reading import encoding, rows
from p1.reading.ingest import ingest
from p1.reading.source import obtain
from p1.stage import P1Settings

#: In megabytes of 1,000,000 bytes, so that 101 MB are refused in either reading.
_LIMIT_BYTES: Final = 100_000_000
#: Shares of the stage: copying, then reading, then profiling, then the write at the end.
_COPIED: Final = 0.1
_READ: Final = 0.6
_PROFILED: Final = 0.98


def of_settings(settings: P1Settings) -> Handler:
    """The handler of a worker process; its scratch files go where TMPDIR says."""
    store = ObjectStore.open(settings.object_store_url)
    return make_handler(store, limit_bytes=settings.max_upload_bytes)


def make_handler(
    store: ObjectStore, *, scratch: Path | None = None, limit_bytes: int = _LIMIT_BYTES
) -> Handler:
    """A handler that keeps large files in `scratch` while it works on them.

    Its record has `source`, {"content"} or {"key", "size_bytes"}, and `delimiter`, one
    character or None. It writes `jobs/{job_id}/p1/profile.json`, see profile.
    """

    def profile_job(job: Job, context: Context) -> Done:
        with TemporaryDirectory(prefix="p1-", dir=scratch) as folder:
            return _profile_job(job, context, store, Path(folder), limit_bytes)

    return profile_job


def _profile_job(
    job: Job, context: Context, store: ObjectStore, folder: Path, limit_bytes: int
) -> Done:
    source = obtain(
        job.payload["source"],
        store=store,
        folder=folder,
        limit_bytes=limit_bytes,
        progress=_part(context, 0, _COPIED, "copying the file"),
    )
    encoded = encoding.detect(source)
    found = rows.read(
        source,
        encoded,
        asked_delimiter=job.payload.get("delimiter"),
        progress=_part(context, _COPIED, _READ, "checking every row"),
    )
    document = profile_file(
        job.title,
        source,
        encoded,
        ingest(found, folder),
        _part(context, _READ, _PROFILED, "profiling the columns"),
    )
    # The same at every run: a job done again replaces its profile by the same bytes.
    key = f"jobs/{job.job_id}/p1/profile.json"
    data = profile.to_json(document)
    store.put_bytes(key, data)
    context.report(1.0)
    return Done(
        {
            "profile": {"key": key, "size_bytes": len(data)},
            "rows": document.rows,
            "columns": len(document.columns),
        }
    )


def _part(context: Context, start: float, end: float, note: str) -> Callable[[float], None]:
    """Reports the progress of one part of the work as progress of the stage."""

    def report(fraction: float) -> None:
        context.report(start + (end - start) * fraction, note)

    return report
