"""One place pauses and resumes: reasons add up, the client hears only of changes."""

import pytest
from prometheus_client import REGISTRY
from support.clock import ManualClock
from support.rooms.flowing import A, B, Client

from headway.owning.flow import Flow
from headway.owning.place import Place


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def _metric(place: Place, reason: str) -> float | None:
    labels = {"topic": place[0], "partition": str(place[1]), "reason": reason}
    return REGISTRY.get_sample_value("headway_paused", labels)


def test_a_partition_flows_when_its_last_reason_is_gone(flow: Flow, client: Client) -> None:
    """Two who hold one partition cannot let it go for each other."""
    # Given a partition held for two reasons
    loading = flow.reason("loading")
    map_full = flow.reason("map full")
    flow.assigned([A, B])
    loading.pause([A])
    map_full.pause([A])
    flow.apply()
    assert client.paused == {A}

    # When one is released, then it stays held
    loading.resume([A])
    flow.apply()
    assert client.paused == {A}

    # When the other is released too, then it flows
    map_full.resume([A])
    flow.apply()
    assert client.paused == set()


def test_a_reason_for_all_holds_those_assigned_later_too(flow: Flow, client: Client) -> None:
    """What comes in a rebalance does not slip past what holds everything."""
    # Given everything held
    draining = flow.reason("draining")
    flow.assigned([A])
    draining.pause()
    flow.apply()

    # When another partition comes, then it is held as well
    flow.assigned([B])
    flow.apply()
    assert client.paused == {A, B}

    # When the reason ends, then both flow
    draining.resume()
    flow.apply()
    assert client.paused == set()


def test_a_reason_for_all_leaves_the_reasons_of_one(flow: Flow, client: Client) -> None:
    """Releasing the buffer resumes nothing that is loading or full."""
    # Given a partition held for itself, and everything held
    draining = flow.reason("draining")
    loading = flow.reason("loading")
    flow.assigned([A, B])
    loading.pause([A])
    draining.pause()
    flow.apply()

    # When everything is released, then that one stays held
    draining.resume()
    flow.apply()
    assert client.paused == {A}


def test_releasing_everywhere_takes_the_reason_from_every_partition(
    flow: Flow, client: Client
) -> None:
    """Without places a release means wherever it holds."""
    # Given two partitions held for a reason each by name
    breaker = flow.reason("breaker")
    flow.assigned([A, B])
    breaker.pause([A, B])
    flow.apply()

    # When it is released without names, then both flow
    breaker.resume()
    flow.apply()
    assert client.paused == set()


def test_the_client_hears_only_of_changes(flow: Flow, client: Client) -> None:
    """A pause throws away what was fetched ahead: it is never repeated."""
    # Given a partition held and told
    loading = flow.reason("loading")
    map_full = flow.reason("map full")
    flow.assigned([A])
    loading.pause([A])
    flow.apply()
    client.calls.clear()

    # When turns pass, and reasons change without changing the result
    flow.apply()
    map_full.pause([A])
    loading.resume([A])
    flow.apply()

    # Then nothing is said
    assert client.calls == []


def test_a_partition_that_comes_back_is_told_anew(flow: Flow, client: Client) -> None:
    """Nothing of an earlier ownership counts, whatever the client remembers."""
    # Given a held partition that goes and comes back
    loading = flow.reason("loading")
    flow.assigned([A])
    loading.pause([A])
    flow.apply()
    flow.gone([A])
    flow.assigned([A])

    # When the next turn comes, then it is resumed
    flow.apply()
    assert client.calls[-1] == ("resume", [A])
    assert flow.reasons() == {}


def test_the_client_is_never_told_of_what_is_gone(flow: Flow, client: Client) -> None:
    """A reason may outlive the partition; the client would refuse an unknown one."""
    # Given a partition that is gone
    map_full = flow.reason("map full")
    flow.assigned([A])
    flow.apply()
    flow.gone([A])
    client.calls.clear()

    # When somebody holds or releases it, then the client hears nothing
    map_full.pause([A])
    flow.apply()
    map_full.resume([A])
    flow.apply()
    assert client.calls == []


def test_every_reason_is_a_metric_while_it_holds(flow: Flow) -> None:
    """What is paused and why can be jobs from outside, and ends when it ends."""
    # Given a partition held for itself and with everything
    draining = flow.reason("draining")
    loading = flow.reason("loading")
    flow.assigned([A, B])
    loading.pause([A])
    draining.pause()
    flow.apply()
    assert (_metric(A, "loading"), _metric(A, "draining")) == (1, 1)
    assert (_metric(B, "loading"), _metric(B, "draining")) == (None, 1)

    # When reasons end or the partition goes, then their series end
    draining.resume()
    flow.gone([A])
    flow.apply()
    assert [_metric(p, r) for p in (A, B) for r in ("loading", "draining")] == [None] * 4


def test_a_reason_is_taken_back_from_the_partitions_that_are_named_alone(
    flow: Flow, client: Client
) -> None:
    """Others that are held for the same reason stay held."""
    # Given two partitions held for one reason
    map_full = flow.reason("map full")
    flow.assigned([A, B])
    map_full.pause([A, B])

    # When it is taken back from one, then the other is held
    map_full.resume([A])
    flow.apply()
    assert client.paused == {B}


def test_what_is_held_and_why_is_shown_to_people(flow: Flow) -> None:
    """Each partition by its name, with its reasons; what flows is not in it."""
    # Given two partitions, one held for two reasons
    breaker_store = flow.reason("breaker:store")
    window_closed = flow.reason("window closed")
    flow.assigned([A, B])
    window_closed.pause([A])
    breaker_store.pause([A])
    flow.apply()

    # When it is looked at, then it says so, and nothing once it flows
    assert flow.shown == {"jobs[0]": ["breaker:store", "window closed"]}
    window_closed.resume()
    breaker_store.resume()
    flow.apply()
    assert flow.shown == {}


def test_topics_that_are_spared_flow_while_all_others_are_paused() -> None:
    """Commands are read while no job is; what pauses them by name pauses them."""
    # Given a reason that pauses everything but one topic, of a flow that has both
    client = Client()
    flow = Flow(client, "p1", records=10, size_bytes=100)
    commands = ("commands", 0)
    flow.assigned([A, commands])
    flow.spare(["commands"])
    reason = flow.reason("breaker:paper", unready="no paper", work_alone=True)
    reason.pause()
    flow.apply()

    # Then the other is paused, and the stage is not ready, but polls
    assert client.paused == {A}
    assert flow.unready == "no paper"
    assert not flow.paused

    # When it is paused by name, then it is
    reason.pause([commands])
    flow.apply()
    assert client.paused == {A, commands}
