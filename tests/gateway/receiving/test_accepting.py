"""What is taken, and what becomes of it, over memory."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from gateway.app import Gateway
from headway.edges.objectstore import ObjectStore
from headway.wire.codec import Codec

Submit = Callable[..., httpx.Response]
Published = list[tuple[str, bytes]]

DATA = b"city,people\r\nUlm,126000\r\n"
SMALL, LARGER, SPOOLED = DATA, DATA * 100, DATA * 60_000


def test_a_json_document_becomes_a_record_that_holds_its_text(
    submit: Submit, published: Published, codec: Codec
) -> None:
    """Title, delimiter and content arrive as they were sent."""
    # Given a document, when it is submitted
    answer = submit(json={"title": "cities.csv", "content": DATA.decode(), "delimiter": ","})

    # Then its record holds what was in it
    assert answer.status_code == 202
    key, value = published[0]
    assert key == answer.json()["job_id"]
    assert codec.decode(value, "job-submitted") == {
        "job_id": key,
        "attempt": 1,
        "order_key": None,
        "tags": [],
        "not_before": None,
        "title": "cities.csv",
        "delimiter": ",",
        "source": {"content": DATA},
    }


def test_a_form_becomes_a_record_that_holds_its_file(
    submit: Submit, published: Published, codec: Codec
) -> None:
    """A form and a document of the same content make the same record."""
    # Given a form with a file, when it is submitted
    answer = submit(files={"file": ("cities.csv", DATA)}, data={"delimiter": "\t"})

    # Then its record holds what was in it
    assert answer.status_code == 202
    value = codec.decode(published[0][1], "job-submitted")
    assert value["source"] == {"content": DATA}
    assert (value["title"], value["delimiter"]) == ("cities.csv", "\t")


def test_no_delimiter_leaves_it_to_the_first_stage(
    submit: Submit, published: Published, codec: Codec
) -> None:
    """Neither a field left out nor a JSON null is a delimiter."""
    # Given submissions without a delimiter, when they are taken
    submit(files={"file": ("a.csv", DATA)})
    submit(json={"title": "a.csv", "content": "a", "delimiter": None})

    # Then their records have none either
    values = [codec.decode(value, "job-submitted") for _, value in published]
    assert [value["delimiter"] for value in values] == [None, None]


@pytest.mark.parametrize("content", [LARGER, SPOOLED], ids=["in-memory", "spooled-to-disk"])
def test_a_larger_file_goes_to_the_store_and_its_record_says_where(
    submit: Submit, published: Published, codec: Codec, store: ObjectStore, content: bytes
) -> None:
    """The claim check names key and size, and the object is the file."""
    # Given a file larger than what goes into a record, when it is submitted
    job_id = submit(files={"file": ("a.csv", content)}).json()["job_id"]

    # Then it lies in the store, and the record leads to it
    source = codec.decode(published[0][1], "job-submitted")["source"]
    assert source == {"key": source["key"], "size_bytes": len(content)}
    assert re.fullmatch(f"uploads/{job_id}/[^/]+/source.csv", source["key"])
    assert store.get_bytes(source["key"]) == content


def test_larger_text_in_a_document_goes_to_the_store_too(
    submit: Submit, published: Published, codec: Codec, store: ObjectStore
) -> None:
    """Where the bytes travel depends on their number, not on how they were sent."""
    # Given a document with more text than goes into a record, when it is submitted
    submit(json={"title": "a.csv", "content": LARGER.decode()})

    # Then the text lies in the store, and the record leads to it
    source = codec.decode(published[0][1], "job-submitted")["source"]
    assert store.get_bytes(source["key"]) == LARGER


def test_the_answer_says_where_to_look(submit: Submit, gateway: Gateway) -> None:
    """Links carry the record's position, so that a read sees this submission."""
    # Given a gateway that knows where jobs are told of
    admission = replace(gateway.admission, status_url="https://status.example/")

    # When a submission is taken
    answer = submit(
        gateway=replace(gateway, admission=admission), json={"title": "a", "content": "b"}
    )

    # Then its links lead there, and a read by them sees the record just written
    body = answer.json()
    job = f"https://status.example/jobs/{body['job_id']}"
    assert body == {
        "job_id": body["job_id"],
        "status": "QUEUED",
        "position": {"topic": "jobs.submitted", "partition": 0, "offset": 0},
        "links": {
            "job": f"{job}?after=0:0",
            "status": f"{job}/status?after=0:0",
            "events": f"{job}/events",
            "dashboard": f"https://status.example/#/jobs/{body['job_id']}",
        },
    }
    assert answer.headers["location"] == f"{job}?after=0:0"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/cities.csv", "cities.csv"),
        ("C:\\data\\cities.csv", "cities.csv"),
        ("ci\x00ti\x1bes\n.csv", "cities.csv"),
        ("  Städte 2026 😀.csv ", "Städte 2026 😀.csv"),
        ("half\ud800.csv", "half.csv"),
        ("x" * 255, "x" * 255),
    ],
)
def test_a_title_is_the_visible_base_name(
    submit: Submit, published: Published, codec: Codec, given: str, kept: str
) -> None:
    """Folders, control characters and broken characters are left out."""
    # Given a title as clients send them, hostile ones included
    # Written in ASCII, so that half a character survives as an escape.
    document = json.dumps({"title": given, "content": "a"})

    # When a submission under it is taken
    answer = submit(content=document, headers={"Content-Type": "application/json"})

    # Then what is kept of it is a name people can see
    assert answer.status_code == 202, answer.text
    assert codec.decode(published[0][1], "job-submitted")["title"] == kept


def test_pages_of_allowed_origins_may_submit_and_read_the_answer(
    ask: Callable[..., httpx.Response], gateway: Gateway
) -> None:
    """CORS lets the dashboard's page send a key and read Location; other pages get nothing."""
    # Given a gateway that trusts the pages of one origin
    page = replace(gateway, origins=("https://status.example",))
    wish = {"Access-Control-Request-Method": "POST"} | {
        "Access-Control-Request-Headers": "idempotency-key"
    }

    # When a page of it asks for leave, when another's does, and when the first submits
    allowed = ask(
        "OPTIONS",
        "/generate-file",
        gateway=page,
        headers=wish | {"Origin": "https://status.example"},
    )
    foreign = ask(
        "OPTIONS", "/generate-file", gateway=page, headers=wish | {"Origin": "https://other"}
    )
    sent = ask(
        "POST",
        "/generate-file",
        gateway=page,
        json={"title": "a", "content": "b"},
        headers={"Origin": "https://status.example"},
    )

    # Then only the first has leave, and may read where its job is
    assert allowed.headers["access-control-allow-origin"] == "https://status.example"
    assert "access-control-allow-origin" not in foreign.headers
    assert "Location" in sent.headers["access-control-expose-headers"]


def test_health_and_metrics_are_answered(ask: Callable[..., httpx.Response]) -> None:
    """Three paths tell an operator whether it lives, is ready, and what it has done."""
    # Given a gateway that has taken a submission
    ask("POST", "/generate-file", json={"title": "a", "content": "b"})

    # When an operator asks, then it lives, is ready and has counted it
    assert ask("GET", "/livez").json()["ok"] is True
    assert ask("GET", "/readyz").json()["ok"] is True
    counted = ask("GET", "/metrics").text
    assert 'headway_submissions_total{outcome="accepted"}' in counted

    # And what has never happened is counted as well: a rate needs a sample before the first one
    assert 'headway_submissions_total{outcome="replayed"}' in counted
    assert 'headway_commands_total{kind="cancel",outcome="refused"}' in counted
