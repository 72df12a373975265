"""`headway dead-letters replay`: what failed in production is met on a desk."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from support.desk.deployment import Deployment, Said
from support.kafka.messages import submission

from headway.base.errors import PermanentError
from headway.edges.objectstore import ObjectStore

pytestmark = pytest.mark.broker

Run = Callable[..., Said]
RAGGED = b"a,b,c\n1,2,3\n1,2\n"


@pytest.fixture
def store(tmp_path: Path) -> str:
    """An empty store."""
    return (tmp_path / "store").as_uri()


def _reference(job_id: str) -> bytes:
    source = ("headway.Reference", {"key": f"uploads/{job_id}", "size_bytes": len(RAGGED)})
    return submission(job_id, source=source)


def test_a_bad_file_fails_at_the_desk_as_it_did_in_production(
    desk: Run, deployment: Deployment, store: str
) -> None:
    """p1's own handler is called with the letter's bytes: exit code 1, its words, its traceback."""
    # Given the letter of a file that p1 gave up
    source = {"content": RAGGED}
    place = deployment.fail(
        "bad-1", value=submission("bad-1", source=source), error=PermanentError("x")
    )
    before = len(deployment.commands())

    # When it is replayed, for people and for machines
    people = desk("dead-letters", "replay", *place.words, OBJECT_STORE_URL=store)
    machines = desk("dead-letters", "replay", *place.words, "--json", OBJECT_STORE_URL=store)

    # Then it is told what the handler raised, and nothing is written anywhere
    assert (people.code, machines.code) == (1, 1), people.err
    assert "Traceback" in people.out
    assert "Line 3 has 2 values but the header names 3 columns" in people.out
    (told,) = machines.lines
    assert told["returned"] is None
    assert told["raised"]["error_class"] == "PermanentError"
    assert told["written"] == []
    assert len(deployment.commands()) == before


def test_what_a_mended_handler_would_write_stays_aside(
    desk: Run, deployment: Deployment, store: str, tmp_path: Path
) -> None:
    """Reads pass through to the store, writes do not; they can be kept."""
    # Given the letter of a file that lies in the store and is sound by now
    ObjectStore.open(store).put_bytes("uploads/good-1", b"a,b\n1,2\n" * 3)
    place = deployment.fail("good-1", value=_reference("good-1"), error=PermanentError("x"))

    # When it is replayed, its files kept
    kept = tmp_path / "kept"
    said = desk(
        *("dead-letters", "replay", *place.words, "--files", str(kept)), OBJECT_STORE_URL=store
    )

    # Then it returned, and the profile is in the folder and not in the store
    assert said.code == 0, said.out + said.err
    assert "returned Done(" in said.out
    assert "would have written jobs/good-1/p1/profile.json" in said.out
    assert (kept / "jobs/good-1/p1/profile.json").is_file()
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["uploads"]
    assert "100%" in said.err


def test_the_debugger_stops_at_the_handler_and_where_it_raised(
    desk: Run, deployment: Deployment, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--pdb`: first its first line, then the frame of the error."""
    # Given a letter, and somebody who looks at the job, goes on, and looks again
    place = deployment.fail("bad-2", value=submission("bad-2", source={"content": b""}))
    monkeypatch.setattr("sys.stdin", io.StringIO("p job.job_id\nc\nwhere\nq\n"))

    # When it is replayed under the debugger
    said = desk("dead-letters", "replay", *place.words, "--pdb", OBJECT_STORE_URL=store)
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    quitted = desk("dead-letters", "replay", *place.words, "--pdb", OBJECT_STORE_URL=store)

    # Then the job was there, and so was the error's own place; who quits is asked nothing more
    assert said.code == 1
    assert "'bad-2'" in said.out
    assert "p1/handler.py" in said.out
    assert "The file is empty" in said.out
    assert (quitted.code, "the debugger was quit" in quitted.err) == (1, True)


def test_what_cannot_be_replayed_is_told(
    desk: Run, deployment: Deployment, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that is no letter, a store that is not named, a stage that is not here."""
    # Given a letter, and a state, which is no letter
    place = deployment.fail("bad-3")
    replay = ("dead-letters", "replay")

    # When they are replayed where something is missing
    no_letter = desk(*replay, "job-state", str(place.partition), "0", OBJECT_STORE_URL=store)
    no_store = desk(*replay, *place.words, OBJECT_STORE_URL="")
    monkeypatch.setitem(__import__("sys").modules, "p1.stage", None)
    no_stage = desk(*replay, *place.words, OBJECT_STORE_URL=store)

    # Then each is told
    assert (no_letter.code, no_store.code, no_stage.code) == (1, 2, 2)
    assert "is it a dead letter?" in no_letter.err
    assert "OBJECT_STORE_URL is not set" in no_store.err
    assert "the stage p1 is not installed here" in no_stage.err
