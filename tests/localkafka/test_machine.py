"""What the local process needs of the machine, and what is said where it is not there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from localkafka import BrokerMissing
from localkafka.jvm import download, find_java

Install = Callable[[str, str], None]


def test_a_machine_without_java_is_told_what_to_install(programs: Path) -> None:
    """No `java` on the PATH: the message names the version and the ways round it."""
    # Given a PATH without Java, when it is looked for, then the ways round it are told
    with pytest.raises(BrokerMissing, match="install Java 17 or newer") as caught:
        find_java({"PATH": str(programs)})
    assert "KAFKA_BOOTSTRAP_SERVERS" in str(caught.value)


def test_a_java_too_old_is_told(programs: Path, install: Install) -> None:
    """Java 11 is found before Kafka would fail on it with a class version error."""
    # Given Java 11
    install("java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")

    # When it is looked for, then its version is told
    with pytest.raises(BrokerMissing, match=r"java is Java 11, too old"):
        find_java({"PATH": str(programs)})


def test_a_java_that_does_not_run_is_told(programs: Path, install: Install) -> None:
    """A stub that only asks people to install Java is no Java."""
    # Given a program of Java's name that only fails
    install("java", "exit 1")

    # When Java is looked for, then that it does not run is told
    with pytest.raises(BrokerMissing, match="java does not run"):
        find_java({"PATH": str(programs)})


def test_a_java_new_enough_is_taken(programs: Path, install: Install) -> None:
    """Java 21's short version line is understood."""
    # Given Java 21
    install("java", """echo 'openjdk version "21" 2023-09-19' >&2""")

    # When it is looked for, then it is found
    assert find_java({"PATH": str(programs)}) == str(programs / "java")


def test_java_home_comes_before_the_path(tmp_path: Path, install: Install) -> None:
    """JAVA_HOME names the Java, whatever is on the PATH."""
    # Given a Java that only JAVA_HOME leads to
    install("java", """echo 'openjdk version "17.0.15" 2025-04-15' >&2""")

    # When it is looked for, then it is found
    assert find_java({"PATH": "", "JAVA_HOME": str(tmp_path)}) == str(tmp_path / "bin" / "java")


def test_a_machine_without_maven_is_told_what_to_install(tmp_path: Path, programs: Path) -> None:
    """No `mvn` on the PATH when jars have to be fetched: the message names it."""
    # Given a PATH without Maven, when jars are wanted, then what to install is told
    with pytest.raises(BrokerMissing, match="apt-get install maven"):
        download(tmp_path / "pom.xml", tmp_path, {"PATH": str(programs)})


def test_what_maven_says_is_shown_when_it_fails(
    tmp_path: Path,
    programs: Path,
    install: Install,
) -> None:
    """The reason of a failed download is in the message."""
    # Given a Maven that reaches nobody
    install("mvn", "echo '[ERROR] Unknown host repo.example'; exit 1")

    # When jars are wanted, then its own words are told
    with pytest.raises(BrokerMissing, match=r"\[ERROR\] Unknown host repo.example"):
        download(tmp_path / "pom.xml", tmp_path, {"PATH": str(programs)})
