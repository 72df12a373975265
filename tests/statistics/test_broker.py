"""What operators say of the clients is said to Faust's client too, in its words."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.statistics.certificates import WORD, certificate
from support.statistics.workers import python

_TESTS = Path(__file__).parents[1]
_SERVERS = {"kafka_bootstrap_servers": "one:9092, two:9093"}
_NAMED = 'sasl.username=us;sasl.password="se;cret"'
_PLAIN = {"sasl_plain_username": "us", "sasl_plain_password": "se;cret"}

#: What the client is told by options, each in turn, with further settings.
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """By one process for all, for Faust is slow to come."""
    said = tmp_path_factory.mktemp("mapped") / "said"
    with (
        said.open("w") as errors,
        subprocess.Popen(
            [python(), "-m", "support.statistics.mapped"],
            env={**os.environ, "PYTHONPATH": str(_TESTS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        given, told = process.stdin, process.stdout
        assert given is not None
        assert told is not None

        def ask(*options: str, **settings: str) -> list[dict[str, Any]]:
            return [answer({"kafka_client_options": each, **settings}) for each in options]

        def answer(settings: dict[str, str]) -> dict[str, Any]:
            given.write(json.dumps({**_SERVERS, **settings}) + "\n")
            given.flush()
            line = told.readline()
            assert line, said.read_text(encoding="utf-8")
            found: dict[str, Any] = json.loads(line)
            return found

        yield ask
        given.close()


def test_who_we_are_is_said_in_every_way_that_is_documented(ask: Ask) -> None:
    """PLAIN and SCRAM, with and without TLS; every broker to start from."""
    # Given nothing, and a name in each way
    ways = [("PLAIN", "sasl.mechanism"), ("SCRAM-SHA-256", "sasl.mechanisms")]
    ways += [("SCRAM-SHA-512", "sasl.mechanism")]
    said = [f"security.protocol=SASL_PLAINTEXT;{word}={way};{_NAMED}" for way, word in ways]

    # When they are mapped
    nothing, *named, by_tls = ask("", *said, f"security.protocol=sasl_ssl;{_NAMED}")

    # Then the client is told the same
    assert nothing == {
        "broker": ["kafka://one:9092", "kafka://two:9093"],
        "security_protocol": "PLAINTEXT",
    }
    for (way, _), told in zip(ways, named, strict=True):
        assert told.items() >= _PLAIN.items()
        assert (told["security_protocol"], told["sasl_mechanism"]) == ("SASL_PLAINTEXT", way)
        assert "ssl_context" not in told
    assert by_tls.items() >= _PLAIN.items()
    assert (by_tls["security_protocol"], by_tls["sasl_mechanism"]) == ("SASL_SSL", "PLAIN")
    assert (by_tls["ssl_context"]["verified"], by_tls["ssl_context"]["name"]) == (True, True)


def test_authorities_and_certificates_are_files_and_a_name_may_go_unchecked(
    ask: Ask, tmp_path: Path
) -> None:
    """Who signed is checked whatever is said of names."""
    # Given an authority of one's own, and a certificate with a key that is locked
    (ca, _), (own, key) = certificate(tmp_path, "authority"), certificate(tmp_path, "client")
    tls = f"security.protocol=SSL;ssl.ca.location={ca}"
    mutual = f"{tls};ssl.certificate.location={own};ssl.key.location={key}"

    # When the files are named
    plain, unnamed, opened = ask(
        tls,
        f"{tls};ssl.endpoint.identification.algorithm=none",
        f"{mutual};ssl.key.password={WORD}",
    )

    # Then that authority alone is known, and the key is opened
    known = {"known": ["authority"], "verified": True}
    assert plain["security_protocol"] == "SSL"
    assert plain["ssl_context"] == {**known, "name": True}
    assert unnamed["ssl_context"] == {**known, "name": False}
    assert opened["ssl_context"] == {**known, "name": True}

    # And what cannot be read or opened is refused by name, nobody is asked for a word
    for told, why in zip(
        ask(
            mutual,
            f"{mutual};ssl.key.password=other",
            f"security.protocol=SSL;ssl.ca.location={key}x",
        ),
        ("ssl: ", "ssl: ", "No such file"),
        strict=True,
    ):
        assert told["refused"].startswith("KAFKA_CLIENT_OPTIONS: ssl: ")
        assert why in told["refused"]


def test_what_this_client_does_not_speak_is_refused_without_a_secret(ask: Ask) -> None:
    """Or left out, where the others' client alone has such a thing."""
    # Given a protocol and a mechanism of others, when they are mapped, then they are refused
    protocol, mechanism = ask(
        f"security.protocol=OTHER;{_NAMED}",
        f"security.protocol=SASL_PLAINTEXT;sasl.mechanism=GSSAPI;{_NAMED}",
    )
    assert "security.protocol" in protocol["refused"]
    assert "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512" in mechanism["refused"]
    assert "cret" not in protocol["refused"] + mechanism["refused"]

    # And an option that only librdkafka has is none for it
    (told,) = ask("socket.keepalive.enable=true")
    assert told["security_protocol"] == "PLAINTEXT"


def test_options_are_read_from_a_file_and_from_a_folder(ask: Ask, tmp_path: Path) -> None:
    """As a cluster mounts a secret; the variable wins."""
    # Given the same in a file, and in a folder with a file for each
    own = tmp_path / "options"
    own.write_text(
        "security.protocol=SASL_PLAINTEXT\nsasl.username=us\nsasl.password=se;cret\n",
        encoding="utf-8",
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    for line in own.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        (folder / name).write_text(value, encoding="utf-8")

    # When each is named, then it is as if the variable said it
    for place in (own, folder):
        told, other = ask("", "sasl.username=me", kafka_client_options_file=str(place))
        assert told.items() >= _PLAIN.items()
        assert other["sasl_plain_username"] == "me"
