"""The object store takes an object, gives it back and removes it."""

import secrets
import time
from collections.abc import Iterator
from typing import Final

from headway.base.errors import HeadwayError, SettingsError
from headway.desk.doctor.finding import Check, Finding, unknown, warning, well, wrong
from headway.desk.doctor.patient import Patient
from headway.edges.objectstore import ObjectStore

_ALLOW: Final = (
    "is it reached from here (AWS_ENDPOINT_URL), and may these credentials put, get and delete?"
)
_BYTES: Final = b"headway doctor wrote this and removes it; it may be deleted"


def _look(patient: Patient) -> Iterator[Finding]:
    url = patient.settings.object_store_url
    if not url:
        yield unknown("", "OBJECT_STORE_URL is not set")
        return
    try:
        store = ObjectStore.open(url)
    except SettingsError as error:
        yield wrong(url, str(error), "correct OBJECT_STORE_URL, or who owns the folder")
        return
    yield _tried(store, url)
    if url.startswith("memory://"):
        yield warning(url, "each process has a store of its own", "for tests only")


def _tried(store: ObjectStore, url: str) -> Finding:
    key, began, step = f"doctor/{secrets.token_hex(8)}", time.monotonic(), "written"
    try:
        store.put_bytes(key, _BYTES)
        step = "read"
        if store.get_bytes(key) != _BYTES:
            return wrong(url, f"{key} is given back otherwise than it was written")
        step = "removed"
        store.delete(key)
    except HeadwayError as error:
        return wrong(url, f"no object can be {step}: {error}", _ALLOW)
    took = 1000 * (time.monotonic() - began)
    return well(url, f"an object was written, read and removed in {took:.0f} ms")


CHECK: Final = Check("store", _look, asks_cluster=False)
