"""The span of a request and that of its record, in a gateway in this process."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from support.fake_kafka import errors
from support.fake_kafka.broker import FakeBroker
from support.tracing.memory import Finished, ids, parent, remembering, told

from gateway.admitting.publisher import KafkaPublisher
from gateway.app import Gateway
from gateway.tracing import Traced
from headway.edges import kafka
from headway.observing.health import Health
from headway.tracing.context import TraceContext, extract
from headway.tracing.sdk import SdkSpans

_CLIENT = TraceContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, 1)
_TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_JOB = {"title": "a.csv", "content": "a,b\n1,2\n"}

#: Sends a request to a gateway that is traced, and has its records in memory.
Post = Callable[..., httpx.Response]


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    made.install(monkeypatch)
    made.create("jobs.submitted", partitions=1)
    return made


@pytest.fixture
def traced(gateway: Gateway) -> Iterator[Callable[[SdkSpans | None], Post]]:
    """A gateway that is traced by some spans, or by none."""
    publishers: list[KafkaPublisher] = []

    def traced(spans: SdkSpans | None) -> Post:
        connect: Any = lambda: kafka.producer({"bootstrap.servers": "fake"})  # noqa: E731
        publisher = KafkaPublisher(connect, topic="jobs.submitted", health=Health(), spans=spans)
        publishers.append(publisher.__enter__())
        ours = replace(gateway, admission=replace(gateway.admission, publisher=publisher))
        app = Traced(ours.app(), spans) if spans else ours.app()

        def post(path: str = "/generate-file", method: str = "POST", **more: Any) -> httpx.Response:
            async def exchange() -> httpx.Response:
                way = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=way, base_url="http://gateway") as client:
                    return await client.request(method, path, **more)

            return asyncio.run(exchange())

        return post

    yield traced
    for publisher in publishers:
        publisher.__exit__()


@pytest.fixture
def remembered() -> tuple[SdkSpans, Finished]:
    return remembering()


def _carried(broker: FakeBroker) -> TraceContext | None:
    _, record = broker.log(("jobs.submitted", 0)).next_visible(0, committed_only=True)
    assert record is not None
    return extract(record.headers or [])


def test_a_submission_goes_on_with_its_clients_trace(
    traced: Callable[..., Post], remembered: tuple[SdkSpans, Finished], broker: FakeBroker
) -> None:
    """The server's span is the client's child, the sending its own, and the record's context."""
    # Given a client with a trace, when it submits a job
    spans, finished = remembered
    answer = traced(spans)(json=_JOB, headers={"traceparent": _TRACEPARENT})

    # Then request and record are told in it
    assert answer.status_code == httpx.codes.ACCEPTED
    request, sent = finished.spans
    assert (request.name, parent(request)) == ("POST /generate-file", _CLIENT.span_id)
    assert (sent.name, parent(sent)) == ("send jobs.submitted", ids(request)[1])
    assert told(request)["http.response.status_code"] == httpx.codes.ACCEPTED
    assert told(sent)["headway.job_id"] == answer.json()["job_id"]
    assert told(sent)["messaging.kafka.offset"] == answer.json()["position"]["offset"]
    assert _carried(broker) == TraceContext(_CLIENT.trace_id, ids(sent)[1], 1)


@pytest.mark.parametrize("value", ["garbage", "", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_malformed_context_begins_a_trace_of_its_own(
    traced: Callable[..., Post], remembered: tuple[SdkSpans, Finished], value: str
) -> None:
    """The job is taken, and nobody is told of what was malformed."""
    # Given a client that sends nonsense, when it submits a job, then it is taken
    spans, finished = remembered
    answer = traced(spans)(json=_JOB, headers={"traceparent": value})
    assert answer.status_code == httpx.codes.ACCEPTED
    assert parent(finished.spans[0]) == 0


def test_what_nobody_samples_says_so_to_whoever_takes_the_record(
    traced: Callable[..., Post], broker: FakeBroker
) -> None:
    """The decision is made once: a stage that made another would tell half a trace."""
    # Given a sampler that takes nothing, when a job is submitted
    spans, finished = remembering(ALWAYS_OFF)
    assert traced(spans)(json=_JOB).is_success

    # Then nothing is told, and the record says that
    carried = _carried(broker)
    assert finished.spans == []
    assert carried is not None
    assert not carried.sampled


def test_off_a_record_has_no_headers(traced: Callable[..., Post], broker: FakeBroker) -> None:
    """As it was before there were traces."""
    # Given a gateway without traces, when a job is submitted, then its record carries nothing
    assert traced(None)(json=_JOB, headers={"traceparent": _TRACEPARENT}).is_success
    assert _carried(broker) is None


def test_a_refusal_is_no_error_and_a_record_that_is_not_taken_is_one(
    traced: Callable[..., Post], remembered: tuple[SdkSpans, Finished], broker: FakeBroker
) -> None:
    """What a client did wrong is told by its code; what is asked without a POST is not told."""
    # Given a request that cannot be read, one whose record Kafka does not take, and a question
    spans, finished = remembered
    post = traced(spans)
    post(content=b"?", headers={"content-type": "text/plain"})
    post("/nowhere")
    post("/readyz", "GET")
    error = errors.abortable(kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED)
    broker.faults.fail("produce", error)
    post(json=_JOB)

    # When they were answered, then so their spans say
    codes = [told(s).get("http.response.status_code") for s in finished.spans]
    assert codes == [415, 404, 503, None]
    assert [s.name for s in finished.spans][:2] == ["POST /generate-file", "POST"]
    assert [s.status.is_ok for s in finished.spans] == [True, True, False, False]
    assert told(finished.spans[-1])["error.type"] == "NotTaken"
