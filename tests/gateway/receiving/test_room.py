"""How much is taken in at once, and how long a body may take."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from tempfile import SpooledTemporaryFile

import httpx
import pytest

from gateway.app import Gateway
from gateway.receiving import body, linger
from gateway.receiving.refusals import Kind, Refusal
from gateway.receiving.room import Room

Submit = Callable[..., httpx.Response]

FORM = {"Content-Type": "multipart/form-data; boundary=B"}
JSON = {"Content-Type": "application/json"}
HALF_A_FORM = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na,b\r\n'


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of a moment instead of half a minute."""
    monkeypatch.setattr(body, "IDLE_SECONDS", 1.0)
    monkeypatch.setattr(linger, "QUIET_SECONDS", 0.05)


def _refused(room: Room, size_bytes: int) -> Refusal:
    with pytest.raises(Refusal) as refused, room.entered(size_bytes):
        pass
    return refused.value


def test_one_more_than_are_taken_at_once_is_refused_and_may_come_later() -> None:
    """503 with a time to come back after; whoever ends makes room."""
    # Given room for two
    room = Room(most=2, most_bytes=100)

    # When a third comes while both are there, and two more when they have gone
    with room.entered(1), room.entered(1):
        refusal = _refused(room, 1)
    with room.entered(1), room.entered(1):
        pass

    # Then only the third is refused, with a time to come back after
    assert refusal.kind is Kind.OVERLOADED
    assert "2 uploads are open" in refusal.detail
    assert refusal.headers["Retry-After"]


def test_the_bytes_of_all_together_are_bounded() -> None:
    """What fits beside the others is taken, what does not is refused."""
    # Given room for 100 bytes, 60 of which are taken
    room = Room(most=9, most_bytes=100)
    with room.entered(60):
        # When 41 more come, then there is no room; when 40 do, then there is
        assert "open uploads bring" in _refused(room, 41).detail
        with room.entered(40):
            pass


def test_the_first_is_taken_however_large() -> None:
    """A bound below the largest upload makes uploads wait for each other, it shuts none out."""
    # Given room for 100 bytes, when 1,000 come and nobody else is there, then they are let in
    with Room(most=9, most_bytes=100).entered(1000):
        pass


def test_a_disk_without_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """More than there is of any disk."""
    # Given a disk, when more comes than any holds, then it is refused
    room = Room(most=9, most_bytes=100, folder=tmp_path)

    assert "disk has no room" in _refused(room, 2**60).detail


def test_a_failure_inside_makes_room_again() -> None:
    """Whatever ends a request ends what it held."""
    # Given room for one, who has failed
    room = Room(most=1, most_bytes=100)
    with pytest.raises(ValueError, match="x"), room.entered(1):
        raise ValueError("x")

    # When the next comes, then it is let in
    with room.entered(1):
        pass


@pytest.mark.parametrize(
    ("headers", "content"), [(FORM, HALF_A_FORM), (JSON, b'{"title": "a", "content": "b"}')]
)
def test_a_full_gateway_refuses_before_it_reads(
    submit: Submit, gateway: Gateway, headers: dict[str, str], content: bytes
) -> None:
    """Nothing of the body is taken from the client before the answer is on its way."""
    # Given a gateway that is full, and a client that waits for leave to send
    read: list[bytes] = []

    async def watched() -> AsyncIterator[bytes]:
        read.append(content)
        yield content

    full = Room(most=1, most_bytes=1)
    limits = replace(gateway.limits, forms=full, documents=full)
    told = headers | {"Content-Length": str(len(content)), "Expect": "100-continue"}

    # When it asks
    with full.entered(1):
        answer = submit(gateway=replace(gateway, limits=limits), content=watched(), headers=told)

    # Then it is refused, and nothing of its body was read
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:headway:problem:overloaded"
    assert answer.headers["retry-after"] == "10"
    assert read == []


@pytest.mark.usefixtures("quick")
def test_requests_taken_side_by_side_keep_room_for_each_other(gateway: Gateway) -> None:
    """Forms that do not say how large they are take room as they grow."""
    # Given five forms that grow without having said how large they will be
    arrived = asyncio.Event()

    async def whole_later() -> AsyncIterator[bytes]:
        yield HALF_A_FORM + b"x" * 1_800_000
        await arrived.wait()
        yield b"\r\n--B--\r\n"

    async def five() -> list[int]:
        transport = httpx.ASGITransport(gateway.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            post = client.post
            sent = [
                asyncio.create_task(post("/generate-file", content=whole_later(), headers=FORM))
                for _ in range(5)
            ]
            await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
            arrived.set()
            return sorted([(await task).status_code for task in sent])

    # When they are sent at once, then those that still fit are taken
    # Room for 6,000,000 bytes and four forms; of each some 1,900,000 are held
    assert asyncio.run(five()) == [202, 202, 202, 503, 503]


async def _trickle() -> AsyncIterator[bytes]:
    yield HALF_A_FORM
    while True:
        yield b"x"
        await asyncio.sleep(0.01)


@pytest.mark.usefixtures("quick")
def test_a_body_a_byte_at_a_time_is_given_up(submit: Submit) -> None:
    """No pause is too long, yet it would never end: the pace is what counts."""
    # Given a body that never pauses for long and never comes to its end, when it is sent
    answer = submit(content=_trickle(), headers=FORM)

    # Then it is given up for its pace
    assert answer.status_code == 408
    assert answer.json()["type"] == "urn:headway:problem:body-stalled"
    assert "10,000 bytes/s" in answer.json()["detail"]


def test_a_body_that_comes_on_without_end_is_given_up(submit: Submit, gateway: Gateway) -> None:
    """However fast: the whole has its time."""
    # Given a body that comes fast enough and without end
    limits = replace(gateway.limits, body_seconds=0.2)

    async def brisk() -> AsyncIterator[bytes]:
        yield HALF_A_FORM
        while True:
            yield b"x" * 100
            await asyncio.sleep(0.01)

    # When the time for a whole body is over
    answer = submit(gateway=replace(gateway, limits=limits), content=brisk(), headers=FORM)

    # Then it is given up for that
    assert answer.status_code == 408
    assert "within 0.2 s" in answer.json()["detail"]


def test_of_several_files_only_the_first_is_spooled(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form with several is refused anyway; each would hold a file open."""
    # Given a form of five files, each large enough to go to the disk
    on_disk: list[object] = []

    class Watched(SpooledTemporaryFile[bytes]):
        def rollover(self) -> None:
            on_disk.append(self)
            super().rollover()

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", Watched)
    monkeypatch.setattr("starlette.formparsers.MultiPartParser.spool_max_size", 10)

    # When it is sent
    answer = submit(files=[("file", (f"{n}.csv", b"a,b\n" * 1000)) for n in range(5)])

    # Then it is refused, and one file has gone there
    assert answer.status_code == 422
    details = [fault["detail"] for fault in answer.json()["errors"]]
    assert details == ["is given 5 times; give it once"]
    assert len(on_disk) == 1


def test_a_disk_that_fills_while_a_form_arrives_is_no_error_of_ours(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, published: list[tuple[str, bytes]]
) -> None:
    """503, later again: nothing was published."""

    # Given a disk that is full
    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("starlette.formparsers.UploadFile.write", full)

    # When a form that goes there is sent
    answer = submit(files={"file": ("a.csv", b"a,b")})

    # Then it may come later, and nothing was published
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:headway:problem:overloaded"
    assert published == []
