"""What operators may tell the Kafka clients, and what no message ever shows."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from headway.base.errors import SettingsError
from headway.declared.settings import KafkaSettings, read
from headway.edges import kafka
from headway.edges.clientoptions import RESERVED, operator_options


@dataclass(frozen=True)
class _Cluster:
    kafka_client_options: str = ""
    kafka_client_options_file: str = ""
    kafka_bootstrap_servers: str = "a:1,b:2"
    instance_id: str = "me"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        (" ; ;", {}),
        ("linger.ms=5", {"linger.ms": "5"}),
        (" linger.ms = 5 ;; sasl.password=a=b; ", {"linger.ms": "5", "sasl.password": "a=b"}),
        ("sasl.password=", {"sasl.password": ""}),
        ('sasl.password="va;lue";linger.ms=5', {"sasl.password": "va;lue", "linger.ms": "5"}),
        ('sasl.password=" a " ;linger.ms=5', {"sasl.password": " a ", "linger.ms": "5"}),
        (r'sasl.password="q\"b\\";linger.ms=5', {"sasl.password": 'q"b\\', "linger.ms": "5"}),
        ('sasl.password=in"side', {"sasl.password": 'in"side'}),
        ("sasl.password=a\\b", {"sasl.password": "a\\b"}),
        ("linger.ms=1;linger.ms=2", {"linger.ms": "2"}),
    ],
)
def test_the_variable_is_pairs_whose_values_may_be_quoted(
    text: str, options: dict[str, str]
) -> None:
    """A password may hold anything; unquoted values mean what they always did."""
    # Given the variable, when it is read, then the options are these
    assert operator_options(text).options == options


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("linger", 1),
        ("linger.ms=1;hunter2", 2),
        ("=hunter2", 1),
        ('sasl.password="hunter2', 1),
        ('sasl.password="hunter2"x;linger.ms=1', 1),
        ("sasl.password=hunt;er2;linger.ms=1", 2),
    ],
)
def test_what_is_no_pair_is_told_by_its_number_and_never_shown(text: str, number: int) -> None:
    """It may be the rest of a password that was cut at its semicolon."""
    # Given such a variable, when it is read, then the place is told, and how it is written
    with pytest.raises(SettingsError) as refused:
        operator_options(text)
    assert str(refused.value).startswith(f"KAFKA_CLIENT_OPTIONS: option {number} is not name=")
    assert 'name="value"' in str(refused.value)
    assert "er2" not in str(refused.value)


def test_a_password_cut_at_its_semicolon_is_not_printed_as_an_unknown_option() -> None:
    """The client names what it does not know; here that is half a password."""
    # Given a password with ; and = that was not quoted, when the options are made
    with pytest.raises(SettingsError) as refused:
        kafka.client_options(_Cluster("sasl.password=hun;ter2=x"))

    # Then the place is told, and no cause carries the client's words
    assert "option 2 is no option of librdkafka" in str(refused.value)
    assert "ter2" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_value_the_client_refuses_is_told_unless_it_is_a_secret() -> None:
    """An operator sees what was wrong; a reader of logs learns no secret."""
    # Given a protocol that does not exist, when the options are made, then it is shown
    with pytest.raises(SettingsError, match=r'Invalid value "tls" for .* "security.protocol"'):
        kafka.client_options(_Cluster("security.protocol=tls"))

    # Given the same word as a password too, when they are made, then it is masked
    with pytest.raises(SettingsError, match=r'Invalid value "\*\*\*"'):
        kafka.client_options(_Cluster("security.protocol=tls;sasl.password=tls"))


@pytest.mark.parametrize("name", RESERVED)
def test_what_a_promise_rests_on_is_refused_with_its_reason(name: str) -> None:
    """Exactly-once is not one option away from being lost."""
    # Given a reserved option, when it is read, then it is named with the reason
    with pytest.raises(SettingsError) as refused:
        operator_options(f"linger.ms=1;{name}=hunter2")
    assert f"option 2: {name} is reserved: {RESERVED[name]}" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_every_reserved_name_is_one_the_client_knows() -> None:
    """A misspelt one would protect nothing."""
    # Given each name, when the client is given it, then it complains of the value at most
    unknown = {name for name in RESERVED if "No such configuration" in _said_of(name)}
    assert unknown == set()
    assert "No such configuration" in _said_of("no.such.name")


def test_whatever_the_product_must_fix_is_reserved() -> None:
    """What the clients are built with for the promises' sake cannot be overridden."""
    # Given the options that exactly-once, identity and bounds rest on, when they are looked
    # for, then each is among the reserved ones, by every name it has
    assert {
        "enable.idempotence",
        "acks",
        "request.required.acks",
        "isolation.level",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "transactional.id",
        "group.id",
        "partitioner",
        "max.in.flight",
        "max.in.flight.requests.per.connection",
        "message.max.bytes",
        "auto.offset.reset",
    } <= RESERVED.keys()


def test_a_file_is_lines_whose_values_are_taken_as_they_stand(tmp_path: Path) -> None:
    """A mounted secret needs no quoting; the variable wins, for what is to be tried once."""
    # Given a file with comments, blanks and a password of every kind of character
    path = tmp_path / "client.properties"
    path.write_text('# ours\n\n ! too\nsasl.password = p;"=\\x \nlinger.ms=5\n', encoding="utf-8")

    # When it is read beside the variable, then both are there
    assert operator_options("linger.ms=7", str(path)).options == {
        "sasl.password": 'p;"=\\x',
        "linger.ms": "7",
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"linger.ms=1\nhunter2\n", "line 2 is not name=value"),
        (b"acks=1\n", "line 1: acks is reserved"),
        (b"\xff\xfe\n", "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_is_told_by_its_line(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """The line's text may be a secret, so it is not shown."""
    # Given such a file, when it is read, then its fault is told
    path = tmp_path / "client.properties"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=words) as refused:
        operator_options("", str(path))
    assert "KAFKA_CLIENT_OPTIONS_FILE" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    """A secret that was not mounted is seen at the start."""
    # Given no such file, when it is read, then the variable and the path are named
    with pytest.raises(SettingsError, match=r"KAFKA_CLIENT_OPTIONS_FILE: .*none cannot be read"):
        operator_options("", str(tmp_path / "none"))


def test_a_misspelt_option_of_a_file_is_named(tmp_path: Path) -> None:
    """A line is never half a password, so its name helps and tells nothing."""
    # Given a file with an option nobody knows, when the options are made, then it is named
    path = tmp_path / "client.properties"
    path.write_text("sasl.passwort=hunter2\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"line 1, sasl\.passwort, is no option") as refused:
        kafka.client_options(_Cluster(kafka_client_options_file=str(path)))
    assert "hunter2" not in str(refused.value)


def test_settings_that_are_shown_leave_the_options_out() -> None:
    """Whoever prints or logs the settings shows no password."""
    # Given settings with a password, when they are shown, then it is not there
    settings = read(
        KafkaSettings,
        {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_CLIENT_OPTIONS": "sasl.password=hunter2"},
    )
    assert "sasl.password=hunter2" in settings.kafka_client_options
    assert "hunter2" not in repr(settings)


def test_operators_win_over_what_is_not_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the product's own defaults and over what a part of it asks for."""
    # Given an operator who says how long to linger and how much to hold ready
    options = kafka.client_options(_Cluster("linger.ms=9;queued.max.messages.kbytes=77"))
    built: list[dict[str, object]] = []
    monkeypatch.setattr("headway.edges.kafka.Consumer", built.append)
    monkeypatch.setattr("headway.edges.kafka.Producer", built.append)

    # When clients are built, then what was said holds
    kafka.consumer(options, queued_max_messages_kbytes=16 * 1024, group_id="g")
    kafka.producer(options, transactional_id="t")
    assert built[0]["queued.max.messages.kbytes"] == "77"
    assert built[1]["linger.ms"] == "9"

    # And what is fixed stays as it is
    assert built[0]["isolation.level"] == "read_committed"
    assert built[0]["group.id"] == "g"
    assert (built[1]["acks"], built[1]["enable.idempotence"]) == ("all", True)
    assert built[1]["transactional.id"] == "t"


def _said_of(name: str) -> str:
    try:
        kafka.AdminClient({name: "no such value"})
    except kafka.KafkaException as error:
        return str(error)
    return ""


def test_a_folder_has_a_file_for_each_option(tmp_path: Path) -> None:
    """As a cluster mounts a Secret: what begins with a dot is how it swaps the files."""
    # Given a folder, one of whose files ends with a line's end, as editors write it
    (tmp_path / "sasl.username").write_text("me\n", encoding="utf-8")
    (tmp_path / "sasl.password").write_text('p=a;s"s ', encoding="utf-8")
    (tmp_path / "..data").mkdir()

    # When it is read, then each file is an option as it stands, and the variable wins
    given = operator_options("sasl.username=you", str(tmp_path))
    assert given.options == {"sasl.password": 'p=a;s"s ', "sasl.username": "you"}


def test_a_reserved_option_is_refused_in_a_folder_as_anywhere(tmp_path: Path) -> None:
    """What a promise rests on is nobody's to say."""
    # Given a folder that says when a write is acknowledged
    (tmp_path / "acks").write_text("1", encoding="utf-8")

    # When it is read, then it is refused, and the file is named
    with pytest.raises(SettingsError, match="KAFKA_CLIENT_OPTIONS_FILE: acks: acks is reserved"):
        operator_options("", str(tmp_path))


def test_a_file_of_a_folder_that_cannot_be_read_is_named_and_not_shown(tmp_path: Path) -> None:
    """It is a secret in a form that nobody expected."""
    # Given a file that is no text
    (tmp_path / "sasl.password").write_bytes(b"hunter2\xff")

    # When the folder is read, then the file is named
    with pytest.raises(SettingsError, match=r"sasl\.password cannot be read") as refused:
        operator_options("", str(tmp_path))
    assert "hunter2" not in str(refused.value)
