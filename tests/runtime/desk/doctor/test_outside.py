"""What the doctor says of what is not Kafka: the object store, gateway and status."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.processes import free_port

from headway.desk.doctor.checks import services, store
from headway.desk.doctor.finding import Finding, Level
from headway.desk.doctor.patient import DoctorSettings, Patient
from headway.edges.objectstore import ObjectStore


def _patient(url: str = "", gateway: str = "", status: str = "") -> Patient:
    settings = DoctorSettings(kafka_bootstrap_servers="nowhere:9092", object_store_url=url)
    return Patient(settings, {}, (), gateway, status)


def _stored(url: str) -> list[Finding]:
    return list(store.CHECK.look(_patient(url)))


def test_a_store_that_takes_gives_and_removes_is_well(tmp_path: Path) -> None:
    """Nothing of the probe is left."""
    # Given a store, when it is looked at
    (told,) = _stored(f"file://{tmp_path}/objects")

    # Then it is well, and empty
    assert told.level is Level.WELL
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_store_that_cannot_be_written_is_told_with_its_address(tmp_path: Path) -> None:
    """Its folder cannot be made, say."""
    # Given a file where the store's folder is to be
    (tmp_path / "taken").write_text("a file", encoding="utf-8")

    # When it is looked at, then it is told
    (told,) = _stored(f"file://{tmp_path}/taken/objects")
    assert told.level is Level.WRONG
    assert told.where == f"file://{tmp_path}/taken/objects"
    assert "OBJECT_STORE_URL" in told.remedy


def test_a_store_that_reads_but_does_not_write_says_which_step_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials that may read only are what is met."""

    # Given a store that refuses to be written
    def refused(_: ObjectStore, key: str, __: bytes) -> None:
        (tmp_path / "objects").rmdir()
        ObjectStore.get_bytes(ObjectStore.open(f"file://{tmp_path}/other"), key)

    monkeypatch.setattr(ObjectStore, "put_bytes", refused)

    # When it is looked at, then the step is told, and what to grant
    (told,) = _stored(f"file://{tmp_path}/objects")
    assert told.what.startswith("no object can be written: ")
    assert "may these credentials put, get and delete?" in told.remedy


def test_a_store_of_each_process_its_own_is_told() -> None:
    """Files that the gateway keeps there are found by no stage."""
    # Given a store in memory, when it is looked at, then that is to be looked at
    assert [one.level for one in _stored("memory://")] == [Level.WELL, Level.WARNING]


def test_what_is_not_named_is_not_checked() -> None:
    """And the way to name it is told."""
    # Given neither store nor services, when they are looked at, then both say so
    told = [*_stored(""), *services.CHECK.look(_patient())]
    assert [one.level for one in told] == [Level.UNKNOWN] * 2
    assert "OBJECT_STORE_URL is not set" in told[0].what


@pytest.fixture
def answering() -> Iterator[ThreadingHTTPServer]:
    """A service that is not ready, and says why."""

    class NotReady(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"ok": False, "reason": "loading"}).encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), NotReady)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_that_is_not_ready_says_why(answering: ThreadingHTTPServer) -> None:
    """Its own reason; nobody who is named in its address is shown."""
    # Given a gateway that loads, and a status service that is not there
    port, away = answering.server_port, free_port()
    patient = _patient(
        gateway=f"http://me:secret-word@localhost:{port}/", status=f"http://127.0.0.1:{away}"
    )

    # When both are asked
    gateway, status = services.CHECK.look(patient)

    # Then each says what is wrong with it
    assert (gateway.level, gateway.where) == (Level.WRONG, f"gateway at localhost:{port}")
    assert gateway.what == "not ready (503): loading"
    assert (status.level, status.where) == (Level.WRONG, f"status at 127.0.0.1:{away}")
    assert "no answer" in status.what
