"""What the doctor makes of what it is told: without a cluster."""

import dataclasses
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from headway.base.errors import StoreUnavailable
from headway.declared.catalog import Catalog
from headway.desk.doctor.checks.agreement import of_broker, of_settings
from headway.desk.doctor.checks.clocks import apart_ms
from headway.desk.doctor.checks.copies import of_own, of_topics
from headway.desk.doctor.checks.groups import behind, of_members
from headway.desk.doctor.examining import Told, examined
from headway.desk.doctor.finding import Check, Finding, Level, well
from headway.desk.doctor.patient import DoctorSettings, Patient
from headway.desk.doctor.troubles import meaning

_SETTINGS = DoctorSettings(kafka_bootstrap_servers="nowhere:9092")


def _patient(**options: str) -> Patient:
    return Patient(_SETTINGS, dict(options), (), patience=0.1)


def _reached(_: Patient) -> list[Finding]:
    return [well("", "here")]


def _examined(*checks: Check) -> list[Told]:
    return list(examined(_patient(), Check("first", _reached), checks))


def test_a_check_that_hangs_is_told_and_the_others_go_on() -> None:
    """No cluster can make it wait for ever."""
    # Given a check that never comes back, and another
    never = threading.Event()

    def hangs(_: Patient) -> list[Finding]:
        never.wait()
        return []

    # When both are made
    told = _examined(Check("hangs", hangs), Check("other", _reached))
    never.set()

    # Then the first is told as such, and the other's finding is there
    assert [one.check for one in told] == ["first", "hangs", "other"]
    assert told[1].finding.level is Level.WRONG
    assert told[1].finding.what == "no answer within 0.1 s"


def test_a_check_that_fails_keeps_what_it_found() -> None:
    """And says what it failed by."""

    # Given a check that finds something, and then fails
    def fails(_: Patient) -> Iterator[Finding]:
        yield well("here", "seen")
        raise StoreUnavailable("the store is away")

    # When it is made, then both are told
    told = _examined(Check("fails", fails))
    assert [(one.finding.level, one.finding.what) for one in told[1:]] == [
        (Level.WELL, "seen"),
        (Level.WRONG, "the store is away"),
    ]


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("correct-horse", "sent xcorrect-horsey", "sent x***y"),
        ("p", "a port, and p alone", "a port, and *** alone"),
    ],
)
def test_no_secret_is_shown_and_no_gap_spells_one(secret: str, text: str, shown: str) -> None:
    """Of whatever a client says, the values of secret options are left out."""
    # Given an option that is a secret, when a text has its value in it, then it is not shown
    assert _patient(**{"sasl.password": secret}).shown(text) == shown


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("SSL handshake failed: certificate verify failed (x)", "not trusted here"),
        ("ssl://b:1: SSL handshake failed: wrong version number", "may not speak TLS"),
        ("SASL authentication error: Authentication failed", "refuses who we say we are"),
        ("Disconnected while requesting ApiVersion: might be", "wants TLS or SASL"),
        ("SASL SCRAM-SHA-256 mechanism handshake failed: x", "not by this mechanism"),
    ],
)
def test_what_a_client_says_of_a_connection_is_told_in_words(said: str, words: str) -> None:
    """With what to do."""
    # Given what it said, when its meaning is asked for, then it is told with a remedy
    known = meaning(["1/1 brokers are down", said])
    assert known is not None
    assert words in known[0]
    assert known[1]


def test_what_nobody_has_met_has_no_meaning() -> None:
    """Nothing is made up."""
    # Given words that nobody knows, when their meaning is asked for, then there is none
    assert meaning(["the moon is full"]) is None


@pytest.mark.parametrize(
    ("sent", "acknowledged", "stamped", "apart"),
    [(100, 120, 110, 0), (100, 120, 90, -10), (100, 120, 150, 30), (100, 120, 120, 0)],
)
def test_a_clock_differs_by_what_no_way_explains(
    sent: int, acknowledged: int, stamped: int, apart: int
) -> None:
    """A broker that took a record between sending and answer may be right."""
    # Given three times, when it is asked how far apart two clocks are, then no more is said
    assert apart_ms(sent, acknowledged, stamped) == apart


def _partition(number: int, *, copies: int = 3, in_sync: int = 3, leader: int = 1) -> object:
    return SimpleNamespace(
        id=number,
        replicas=list(range(copies)),
        isr=list(range(in_sync)),
        leader=SimpleNamespace(id=leader),
    )


def test_copies_that_are_not_in_sync_are_told_once_for_topics_alike() -> None:
    """When a broker is away, all topics say the same."""
    # Given four topics, each with a copy that is behind, and one that is whole
    late = {f"t{n}": [_partition(0), _partition(1, in_sync=2)] for n in range(4)}

    # When they are looked at, then one line names them
    (told,) = of_topics({**late, "whole": [_partition(0)]})
    assert (told.level, told.where) == (Level.WARNING, "t0, t1, t2 and 1 more")
    assert told.what == "copies of partitions 1 are not in sync"


def test_a_partition_without_a_leader_is_wrong() -> None:
    """Nobody reads or writes it."""
    # Given such a partition, when it is looked at, then it is told
    (told,) = of_topics({"t": [_partition(0), _partition(4, leader=-1, in_sync=0)]})
    assert (told.level, told.where) == (Level.WRONG, "t")
    assert told.what.startswith("partitions 4 have no leader")


def test_topics_of_the_cluster_itself_want_copies_too() -> None:
    """What is committed lies there."""
    # Given one with a single copy on three brokers, when it is looked at, then it is told
    shapes = {"__consumer_offsets": [_partition(0, copies=1)], "__transaction_state": []}
    (told,) = of_own(shapes, 3)
    assert (told.level, told.where) == (Level.WARNING, "__consumer_offsets")


def test_two_instances_of_one_name_are_wrong() -> None:
    """They bar each other's producer again and again."""
    # Given three members, two of which have one INSTANCE_ID
    told = list(of_members("p1", ["a/l1", "b/l2", "a/l3"], 6))

    # When it is looked at, then it is told
    assert told[0].level is Level.WRONG
    assert "2 of its members have INSTANCE_ID a" in told[0].what


def test_instances_without_a_partition_are_told() -> None:
    """They wait for one to end; more partitions would give them work."""
    # Given more members than partitions, when it is looked at, then it is told how many idle
    (told,) = of_members("p1", ["a/1", "b/2", "c/3"], 2)
    assert (told.level, told.what) == (Level.WARNING, "1 of its 3 instances have nothing to do")


@pytest.mark.parametrize(
    ("committed", "ends", "words"),
    [
        ({0: -1, 1: -1}, {("t", 0): 5, ("t", 1): 0}, "committed nothing yet; 5 records"),
        ({0: 9, 1: 4}, {("t", 0): 10, ("t", 1): 5}, "is at the end of t"),
        ({0: 9, 1: 4}, {("t", 0): 19, ("t", 1): 5}, "11 records of t wait, most of them (10) in 0"),
    ],
)
def test_how_far_behind_a_group_is_leaves_markers_out(
    committed: dict[int, int], ends: dict[tuple[str, int], int], words: str
) -> None:
    """A lag of 1 a partition is the marker of the last transaction."""
    # Given what is committed, and where partitions end, when it is told, then in these words
    assert words in behind("p1", "t", committed, ends).what


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"replication_factor": 2, "min_insync_replicas": 3}, "nothing is written"),
        ({"replication_factor": 3, "min_insync_replicas": 3}, "no broker may be away"),
        ({"unstable_after_seconds": 15}, "told as hanging"),
        ({"duplicates_days": 7}, "dead letters are kept for 30 days"),
    ],
)
def test_settings_that_contradict_each_other_are_told(changed: dict[str, int], words: str) -> None:
    """Whatever the cluster is."""
    # Given settings, one pair of which does not go together, when they are looked at
    told = list(of_settings(dataclasses.replace(_SETTINGS, **changed), Catalog.load()))  # type: ignore[arg-type]  # by name

    # Then that is told, and nothing else
    assert [words in one.what for one in told] == [True]


def test_settings_as_they_come_contradict_nothing() -> None:
    """Neither each other nor a broker as it comes, but for the time offsets are kept."""
    # Given a broker's own defaults, when they are looked at, then nothing is wrong
    options = {
        "process.roles": "broker",
        "transaction.max.timeout.ms": "900000",
        "group.max.session.timeout.ms": "1800000",
        "group.min.session.timeout.ms": "6000",
        "offsets.retention.minutes": "10080",
        "offset.metadata.max.bytes": "4096",
    }
    assert list(of_settings(_SETTINGS, Catalog.load())) == []
    told = list(of_broker(options, _SETTINGS))
    assert [(one.level, one.what[:25]) for one in told] == [
        (Level.WARNING, "offsets.retention.minutes")
    ]


@pytest.mark.parametrize(
    ("options", "level", "words"),
    [
        ({"transaction.max.timeout.ms": "9000"}, Level.WRONG, "TRANSACTION_TIMEOUT_MS=15000"),
        ({"group.min.session.timeout.ms": "20000"}, Level.WRONG, "SESSION_TIMEOUT_MS=15000"),
        ({"inter.broker.protocol.version": "2.4-IV1"}, Level.WRONG, "Kafka 2.4"),
        ({}, Level.UNKNOWN, "its release is not told"),
    ],
)
def test_brokers_that_do_not_allow_what_is_set_are_told(
    options: dict[str, str], level: Level, words: str
) -> None:
    """Before a stage halts for it."""
    # Given a broker's options, when they are looked at, then what does not go is told
    told = list(of_broker(options, _SETTINGS))
    assert [one.level for one in told if words in one.what] == [level]


def test_an_option_of_a_later_release_is_no_fault() -> None:
    """KRaft needs no protocol version."""
    # Given a broker that says its roles, when it is looked at, then its release is well
    assert list(of_broker({"process.roles": "broker"}, _SETTINGS)) == []
