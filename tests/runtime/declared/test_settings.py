"""The environment as one object; every fault at once, since a restart costs an operator minutes."""

from dataclasses import dataclass
from traceback import format_exception

import pytest

from headway.base.errors import SettingsError
from headway.declared.settings import Settings, read, setting
from headway.declared.stage import StageSettings

_FIT = {
    "KAFKA_BOOTSTRAP_SERVERS": "broker:9092",
    "OBJECT_STORE_URL": "memory://",
    "HTTP_PORT": "8080",
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    name: str = setting("A name.")
    count: int = setting("A count.", default=3, minimum=1, maximum=10)
    share: float = setting("A share.", default=0.5, minimum=0, maximum=1)
    loud: bool = setting("A switch.", default=False)
    mode: str = setting("A mode.", default="fast", choices=("fast", "safe"))


def test_what_is_not_set_takes_its_default() -> None:
    """Only what has no default must be set."""
    # Given an environment with the one thing that has no default
    # When it is read, then the rest is as declared
    assert read(Sample, {"NAME": "n"}) == Sample(name="n", count=3, share=0.5, loud=False)


def test_a_secret_that_does_not_fit_is_not_shown() -> None:
    """It is named; what is set may be nearly right, and the log is read by many."""

    # Given settings with a secret, one that is not set and one that does not fit
    @dataclass(frozen=True, kw_only=True)
    class Keys:
        pin: int = setting("A number.", secret=True)
        key: str = setting("A key.", secret=True)

    environ = {"PIN": "hunter2"}

    # When they are read
    with pytest.raises(SettingsError) as refused:
        read(Keys, environ)

    # Then both are named, with no word of what was set, neither there nor in what led to it
    told = "".join(format_exception(refused.value))
    assert "PIN: does not fit; it is a secret (A number.)" in told
    assert "KEY: not set" in told
    assert "hunter2" not in told
    assert "hunter2" not in repr(read(Keys, {"PIN": "7", "KEY": "hunter2"}))


def test_what_is_set_is_converted() -> None:
    """Variables are text; the fields have types."""
    # Given an environment with everything
    environ = {"NAME": "n", "COUNT": "10", "SHARE": "1", "LOUD": "Yes", "MODE": "safe"}

    # When it is read, then every field has its type
    assert read(Sample, environ) == Sample(name="n", count=10, share=1.0, loud=True, mode="safe")


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("1", True), ("YES", True), ("false", False), ("0", False), ("no", False)],
)
def test_a_switch_is_told_in_the_usual_words(text: str, *, value: bool) -> None:
    """Any of the usual words, in any case."""
    # Given a switch, when it is read, then it is what the word means
    assert read(Sample, {"NAME": "n", "LOUD": text}).loud is value


def test_every_fault_is_told_at_once() -> None:
    """One start, one list: each line names the variable, its value, the rule and its meaning."""
    # Given an environment in which nothing fits
    environ = {"COUNT": "many", "SHARE": "1.5", "LOUD": "maybe", "MODE": "slow"}

    # When it is read
    with pytest.raises(SettingsError) as caught:
        read(Sample, environ)

    # Then there is a line for each fault
    assert str(caught.value).splitlines() == [
        "the environment does not fit:",
        "  NAME: not set, and there is no default (A name.)",
        "  COUNT: 'many' is no int (A count.)",
        "  SHARE: '1.5' is above 1 (A share.)",
        "  LOUD: 'maybe' is no bool (A switch.)",
        "  MODE: 'slow' is none of fast, safe (A mode.)",
    ]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"COUNT": "0"}, "'0' is below 1"),
        ({"COUNT": "11"}, "'11' is above 10"),
        ({"COUNT": ""}, ""),
    ],
)
def test_a_number_out_of_bounds_is_refused(environ: dict[str, str], words: str) -> None:
    """Bounds hold at both ends; an empty variable is no number."""
    # Given a number that does not fit, when it is read, then the bound is named
    with pytest.raises(SettingsError, match=f"COUNT: {words}"):
        read(Sample, {"NAME": "n", **environ})


def test_the_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services call `read` with their class alone."""
    # Given variables of the process
    for name, value in _FIT.items():
        monkeypatch.setenv(name, value)

    # When the settings of a service are read, then they are taken from there
    settings = read(Settings)
    assert settings.kafka_bootstrap_servers == "broker:9092"
    assert settings.http_port == 8080


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_PORT": "70000"},
        {"LOG_LEVEL": "debug"},
        {"CONCURRENCY": "0"},
        {"BUFFER_RECORDS": "8193"},
        {"DRAIN_SECONDS": "-1"},
        {"TRANSACTION_TIMEOUT_MS": "900001"},
    ],
)
def test_a_stage_refuses_what_would_harm_it(environ: dict[str, str]) -> None:
    """Bounds of the real settings: ports, levels, threads, the buffer the offset map can hold."""
    # Given settings that fit but for one
    # When they are read, then that one is named
    (name,) = environ
    with pytest.raises(SettingsError, match=name):
        read(StageSettings, _FIT | environ)
