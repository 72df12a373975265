"""The stage that the how-to shows works as it is written, against a model that answers by HTTP."""

import json
import runpy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest
from support.house.modules import ROOT
from support.rooms.batching import Stands
from support.rooms.handling import PROFILED

from headway.declared.handler import Call, Done, ManyHandler
from headway.declared.stage import Stage
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished

_EXAMPLE = ROOT / "demo/examples/model.py"


@pytest.fixture
def shown() -> dict[str, Any]:
    """The names that the example defines."""
    return runpy.run_path(str(_EXAMPLE))


class _Server:
    """A model that takes many prompts at once, and refuses a request with a bad one as a whole."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        prompts: list[str] = json.loads(request.content)["prompt"]
        self.requests.append(prompts)
        if self.status != 200:
            return httpx.Response(self.status)
        if any("too-long" in prompt for prompt in prompts):
            return httpx.Response(400, text="a prompt is too long")
        choices = [{"index": at, "text": f" about {prompt} "} for at, prompt in enumerate(prompts)]
        return httpx.Response(200, json={"choices": choices[::-1]})


def _made(shown: dict[str, Any], server: Callable[[httpx.Request], httpx.Response]) -> Stage:
    client = httpx.Client(base_url="http://model", transport=httpx.MockTransport(server))
    return cast("Stage", shown["make_stage"](client))


def _as_p1(stage: Stage) -> ManyHandler:
    """What it makes of jobs, with results that the records of a first stage take."""
    assert stage.handle_many is not None
    many = stage.handle_many

    def handle(calls: list[Call]) -> list[Done | BaseException]:
        told = [call._replace(job=call.job._replace(title=call.job.job_id)) for call in calls]
        return [replace(PROFILED) if isinstance(a, Done) else a for a in many(told)]

    return cast("ManyHandler", handle)


def test_the_stage_of_the_page_asks_once_for_many_and_finds_the_bad_prompt(
    shown: dict[str, Any], stand: Stands
) -> None:
    """One request for all; a refused one is halved until the bad prompt stands alone."""
    # Given the stage of the page, and a model
    server = _Server()
    stage = _made(shown, server)

    # When four good jobs are handed over, then there was one request, and all are done
    ends = stand(_as_p1(stage)).run("a", "b", "c", "d")
    assert [type(end) for end in ends] == [Finished] * 4
    assert [len(prompts) for prompts in server.requests] == [4]

    # When one of four is refused, then it alone has failed, with the model's words
    bad = stand(_as_p1(stage)).run("e", "too-long", "f", "g")[1]
    assert isinstance(bad, Failed)
    assert (bad.message, bad.retry_available) == (
        "the model refuses it: a prompt is too long",
        False,
    )


def test_a_model_that_is_away_is_a_dependency_that_is_away(shown: dict[str, Any]) -> None:
    """Single jobs and batches say so by the same error."""
    # Given the stage of the page, and a model that has too much to do
    server = _Server()
    server.status = 429
    stage = _made(shown, server)
    assert stage.handle_many is not None

    # When it is asked for one or for many, then that is what both say
    with pytest.raises(Exception, match="the model answers 429") as raised:
        stage.handle_many([])
    assert stage.dependencies[0].blamed_by(raised.value)
