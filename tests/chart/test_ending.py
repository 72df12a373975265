"""How pods end: as long as their services may take, and no request is lost before."""

import math
from typing import Any

import pytest
from support.chart.cases import FRONT, OWN, SERVICES
from support.chart.render import Refused, Rendered, render

from headway.declared.settings import read
from headway.declared.stage import StageSettings
from tree import settings_of


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_has_as_long_as_its_service_may_take_to_end(service: str, own: Rendered) -> None:
    """Drain, what follows it, and the watchdog's last words lie before SIGKILL."""
    # Given a service, and what it is told
    pod = own.pod(service)
    settings = read(settings_of(service), pod.environment())
    pause = pod.main.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)

    # When its longest end is added up
    flush = getattr(settings, "publish_timeout_seconds", 0)
    longest = pause + settings.drain_seconds + flush + settings.exit_seconds  # type: ignore[attr-defined]  # every service drains

    # Then the pod has some seconds more
    grace = pod.spec["terminationGracePeriodSeconds"]
    assert longest + 2 <= grace <= longest + 4


def test_a_stage_has_its_drain_and_ten_seconds_more(own: Rendered) -> None:
    """As the setting says of itself."""
    # Given a stage with what it has by default, when its pod is read, then it has 10 s more
    assert own.pod("p1").spec["terminationGracePeriodSeconds"] == StageSettings.drain_seconds + 10


@pytest.mark.parametrize(("drain", "grace"), [(0, 10), (90.5, 101), (600, 610)])
def test_a_longer_drain_is_a_longer_grace(drain: float, grace: int) -> None:
    """Nobody has to remember a second number."""
    # Given a drain, when a stage is rendered, then its pod has that and 10 s, in whole seconds
    values = OWN | {"stageDefaults": {"settings": {"DRAIN_SECONDS": drain}}}
    pod = render(values).pod("p2")
    assert pod.spec["terminationGracePeriodSeconds"] == grace == math.ceil(drain) + 10
    assert float(pod.environment()["DRAIN_SECONDS"]) == drain


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"gateway": {"settings": {"DRAIN_SECONDS": None}}}, "gateway.settings.DRAIN_SECONDS: say"),
        ({"settings": {"EXIT_SECONDS": None}}, "settings.EXIT_SECONDS: say a number"),
        ({"stages": {"p1": {"settings": {"HTTP_PORT": 0}}}}, "stages.p1.settings.HTTP_PORT: 0 is"),
        ({"stages": {"extra": {"source": "jobs.p2-done"}}}, "stages.extra.settings.HTTP_PORT: say"),
    ],
)
def test_what_pods_are_made_of_has_to_be_said(values: dict[str, Any], words: str) -> None:
    """The service would do one thing, and its pod expect another."""
    # Given values that take such a setting away, when a release is asked for, then it is refused
    with pytest.raises(Refused) as refused:
        render(OWN | values)
    assert words in str(refused.value)


def test_requests_end_before_their_service_does(own: Rendered) -> None:
    """A Service goes on sending them until every node has heard that the pod ends."""
    # Given the pods, when what precedes SIGTERM is read, then those that are called pause
    pauses = {name: "lifecycle" in own.pod(name).main for name in SERVICES}
    assert pauses == {name: name in FRONT for name in SERVICES}
