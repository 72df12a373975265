"""Gateway and status, where they are named: are they ready, and if not, why."""

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from headway.desk.doctor.finding import Check, Finding, unknown, well, wrong
from headway.desk.doctor.patient import Patient

_SECONDS: Final = 5.0
_MOST_BYTES: Final = 100_000


def _look(patient: Patient) -> Iterator[Finding]:
    named = {"gateway": patient.gateway, "status": patient.status}
    for service, url in named.items():
        if url:
            yield _asked(service, url)
    if not any(named.values()):
        yield unknown("", "name them: --gateway http://… --status http://…")


def _asked(service: str, url: str) -> Finding:
    parts = urlsplit(url)
    # Health is nobody's secret: who is named before the host is neither shown nor sent.
    host = parts.netloc.rpartition("@")[2]
    where = f"{service} at {host}"
    if parts.scheme not in {"http", "https"}:
        return wrong(where, f"{parts.scheme or 'nothing'} is no protocol of it", "say http://…")
    try:
        asked = f"{parts.scheme}://{host}{parts.path.rstrip('/')}/readyz"
        with urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310 - http alone, as checked
            return well(where, f"ready: {_reason(answer.read(_MOST_BYTES))}")
    except HTTPError as error:
        reason = _reason(error.read(_MOST_BYTES))
        return wrong(where, f"not ready ({error.code}): {reason}", "docs/operations.md, Health")
    except (URLError, OSError) as error:
        said = getattr(error, "reason", error)
        return wrong(where, f"no answer: {said}", "does it run, and is this its address?")


def _reason(body: bytes) -> str:
    try:
        told: Any = json.loads(body)
    except ValueError:
        return "its answer is none of ours"
    return str(told.get("reason")) if isinstance(told, dict) else "its answer is none of ours"


CHECK: Final = Check("services", _look, asks_cluster=False)
