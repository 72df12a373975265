"""P1 writes what P2 reads, though neither imports the other."""

from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest
from support.stages.handling import Handlers

from headway.base.errors import PermanentError
from p1.document import profile
from p2.document import profile as document


def _dataclasses() -> list[str]:
    return [name for name, found in vars(profile).items() if is_dataclass(found)]


@pytest.mark.parametrize("name", _dataclasses())
def test_each_part_has_the_same_fields_on_both_sides(name: str) -> None:
    """A field added, renamed or retyped on one side alone fails here."""
    # Given a part of the profile, as P1 writes it and as P2 reads it
    written, read = getattr(profile, name), getattr(document, name)

    # When their fields are compared, then names, order and types are the same
    written_hints, read_hints = get_type_hints(written), get_type_hints(read)
    assert [field.name for field in fields(written)] == list(read.__annotations__)
    assert {key: _shape(hint) for key, hint in written_hints.items()} == {
        key: _shape(hint) for key, hint in read_hints.items()
    }


def _shape(hint: Any) -> Any:
    """The type with classes by their name, so that both sides' classes compare."""
    if is_dataclass(hint) or is_typeddict(hint):
        return hint.__name__
    if arguments := get_args(hint):
        return str(getattr(hint, "__origin__", "union")), [_shape(part) for part in arguments]
    return hint


def test_both_sides_know_the_same_version() -> None:
    """A new version has to come to both stages."""
    # Given the version each side knows, when they are compared, then it is one
    assert profile.FORMAT_VERSION == document.FORMAT_VERSION


def test_what_p1_wrote_is_what_p2_loads(handlers: Handlers, penguins: bytes) -> None:
    """A real profile goes through whole."""
    # Given the profile of a real file, as P1 has stored it
    written = handlers.profile(penguins)

    # When P2 loads it, then nothing of it is lost or changed
    assert document.load(handlers.store.get_bytes("jobs/job/p1/profile.json")) == written


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"{"])
def test_what_is_no_profile_is_given_up(data: bytes) -> None:
    """However deep it is nested: it would be the same at every try."""
    # Given bytes that are no profile, when they are loaded, then they are not tried again
    with pytest.raises(PermanentError, match="damaged"):
        document.load(data)
