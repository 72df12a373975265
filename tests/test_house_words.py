"""What no file of the house names: registries of packages, and paths of a machine."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache

import pytest
from support.house.modules import ROOT

#: Written in two parts, so that this file is not the one that names them.
_REGISTRIES = [
    f"{host}.{domain}"
    for host, domain in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo1.maven", "org"),
        ("repo.maven.apache", "org"),
        ("npmjs", "org"),
        ("proxy.golang", "org"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("docker", "io"),
    )
]
_MACHINE_PATH = re.compile(r"(?:(?<![\w.}~/-])|(?<=file://))/(root|home|work)(?![\w.-])")


def test_no_package_registry_is_named() -> None:
    """Where packages come from is the machine's business: a mirror must do as well."""
    # Given every text file that is kept or could be
    # When the hosts of registries are looked for, then there are none
    found = [
        f"{name}: {host}"
        for name, text in _texts()
        for host in _REGISTRIES
        if re.search(rf"(?<![\w-]){re.escape(host)}(?![\w-])", text)
    ]
    assert found == []


def test_no_path_of_a_machine_is_named() -> None:
    """The repository works wherever it lies, for whoever has it."""
    # Given every text file that is kept or could be
    # When the places where it was made are looked for, then there are none
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for name, text in _texts()
        if name != "tests/test_house_words.py"
        for match in _MACHINE_PATH.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("cd /root/x", True),
        ("file:///home/me/x", True),
        ("'/work'", True),
        ("(/home/me)", True),
        ("a /workers", False),
        ("demo/work/x", False),
        ("https://work/x", False),
        ("{folder}/work", False),
    ],
)
def test_the_check_of_paths_sees_paths_and_nothing_else(text: str, *, named: bool) -> None:
    """A rule that finds nothing would be no rule."""
    # Given a text, when it is searched, then a machine's path is found where there is one
    assert bool(_MACHINE_PATH.search(text)) is named


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    """Name and text of every file that is tracked or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return tuple(_read(filter(None, listed.split("\0"))))


def _read(names: Iterator[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        path = ROOT / name
        data = path.read_bytes() if path.is_file() else b""
        if b"\0" not in data:
            yield name, data.decode("utf-8", "replace")
