"""What a submission is told of its line, and when it is refused because of it."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from support.clock import ManualClock
from support.gateway.problems import problem_in
from support.waiting import wait_until

from gateway.app import Gateway
from gateway.expecting.asking import Asking
from gateway.expecting.forecast import Forecast, Word

Ask = Callable[..., httpx.Response]
Published = list[tuple[str, bytes]]

_JOB = {"title": "a.csv", "content": "a"}
#: Two jobs a second are taken from a line of a hundred.
_WORD = Word(queue_position=100, eta_seconds=53.0, waiting_seconds=50.0, seconds_a_job=0.5)


@pytest.fixture
def forecast(clock: ManualClock) -> Forecast:
    return Forecast(clock=clock)


@pytest.fixture
def submit(ask: Ask, gateway: Gateway, forecast: Forecast) -> Ask:
    """Submits to a gateway that knows *forecast*."""
    knowing = replace(gateway, forecast=forecast)

    def submit(**request: object) -> httpx.Response:
        return ask("POST", "/generate-file", gateway=knowing, json=_JOB, **request)

    return submit


def test_the_answer_says_how_many_are_before_the_job_and_how_long_it_takes(
    submit: Ask, forecast: Forecast, clock: ManualClock
) -> None:
    """As the status service said last, with those that were taken here since then."""
    # Given the word of a moment ago
    forecast.hear(_WORD)

    # When some submit, and one a second later, in which as many have left the line
    told = [submit().json() for _ in range(3)]
    clock.advance(1.0)
    later = submit().json()

    # Then each is behind the one before, and takes so much longer
    assert [one["queue_position"] for one in told] == [100, 101, 102]
    assert [one["eta_seconds"] for one in told] == [53, 54, 54]
    assert later["queue_position"] == 101


def test_what_is_not_known_is_left_out(submit: Ask, forecast: Forecast, clock: ManualClock) -> None:
    """Before the first word, where a word says so, and when the last one is old."""

    # Given no word, when somebody submits, then nothing is said
    def said() -> list[str]:
        return sorted({"queue_position", "eta_seconds"} & submit().json().keys())

    assert said() == []
    forecast.hear(Word(queue_position=3))
    assert said() == ["queue_position"]
    forecast.hear(_WORD)
    assert said() == ["eta_seconds", "queue_position"]
    clock.advance(6.0)
    forecast.hear(None)
    assert said() == []


def test_a_repetition_is_answered_as_the_first_time_and_promises_nothing_new(
    submit: Ask, forecast: Forecast
) -> None:
    """By then the job may be done."""
    # Given a submission under a key, when it comes again, then no place is told
    forecast.hear(_WORD)
    first, again = [submit(headers={"Idempotency-Key": "k"}).json() for _ in range(2)]
    assert first["job_id"] == again["job_id"]
    assert "queue_position" not in again


def test_while_jobs_wait_for_too_long_no_more_are_taken(
    submit: Ask, forecast: Forecast, published: Published
) -> None:
    """429 says when they do not any more; whoever comes then is taken."""
    # Given a bound that the line is beyond
    forecast.most_waiting_seconds = 40
    forecast.hear(_WORD)

    # When somebody submits
    answer = submit()

    # Then it is refused, with when the line is short enough, and nothing is taken
    problem = problem_in(answer, 429, "line-too-long")
    assert answer.headers["retry-after"] == "10"
    assert "about 50 s" in problem["detail"]
    assert published == []

    # When that long has gone by, then it is taken
    forecast.hear(_WORD._replace(queue_position=80, waiting_seconds=40.0))
    assert submit().status_code == 202


def test_between_two_words_the_bound_is_kept_by_what_was_taken_here(
    submit: Ask, forecast: Forecast
) -> None:
    """A burst within a second is bounded, too."""
    # Given a line that has room for ten more
    forecast.most_waiting_seconds = 55
    forecast.hear(_WORD)

    # When more come at once, then those are refused that would wait for longer
    taken = [submit().status_code for _ in range(13)]
    assert taken == [202] * 11 + [429] * 2


@pytest.mark.parametrize(
    "word", [None, Word(), Word(queue_position=10**6)], ids=["no word", "empty", "a place alone"]
)
def test_where_waiting_is_not_known_nobody_is_refused(
    submit: Ask, forecast: Forecast, word: Word | None
) -> None:
    """A status service that is away stops nothing, nor does a stage that stands still."""
    # Given a bound and no word on how long jobs wait, when somebody submits, then it is taken
    forecast.most_waiting_seconds = 1
    forecast.hear(word)
    assert submit().status_code == 202


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (httpx.Response(200, json=_WORD._asdict() | {"more": 1}), _WORD),
        (httpx.Response(200, json={}), Word()),
        (httpx.Response(200, json=[1]), None),
        (httpx.Response(200, json={"eta_seconds": "soon"}), None),
        (httpx.Response(200, text="<html>"), None),
        (httpx.Response(503, json={}), None),
        (httpx.ConnectError("refused"), None),
    ],
    ids=["told", "nothing known", "no object", "no number", "no JSON", "not yet", "away"],
)
def test_the_status_service_is_asked_and_whatever_it_answers_is_borne(
    forecast: Forecast, answer: httpx.Response | Exception, word: Word | None
) -> None:
    """One of a newer release may say more."""
    # Given a service that answers so
    asked = []

    def served(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if isinstance(answer, Exception):
            raise answer
        return answer

    # When it is asked, then that is the word
    client = httpx.Client(base_url="http://status/base", transport=httpx.MockTransport(served))
    assert Asking("http://status", forecast).ask(client) == word
    assert [re.sub("^/base", "", path) for path in asked] == ["/expected"]


def test_it_is_asked_again_and_again_beside_the_requests(clock: ManualClock) -> None:
    """By a thread, for as long as the gateway lives."""
    # Given a status service, and a gateway that asks it
    forecast, asked = Forecast(clock=clock), Counted()
    server = ThreadingHTTPServer(("127.0.0.1", 0), asked.handler())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        # When it has asked some times
        with Asking(f"http://127.0.0.1:{server.server_port}", forecast):
            wait_until(lambda: asked.times >= 2)

            # Then what was answered is known
            wait_until(lambda: forecast.admitted().get("queue_position", 0) >= 100)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Counted:
    """Answers every question, and counts them."""

    times: int = 0

    def handler(self) -> type[BaseHTTPRequestHandler]:
        counted = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                counted.times += 1
                body = json.dumps(_WORD._asdict()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        return Handler
