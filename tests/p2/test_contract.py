"""P2 reads the declared profile, of which it knows what it needs."""

from typing import get_type_hints, is_typeddict

import pytest
from support.documents import declared_shapes, example_of, shape_of
from support.stages.handling import Handlers

from headway.base.errors import PermanentError
from p2.document import profile as document

_DOCUMENT = f"profile.v{document.FORMAT_VERSION}"
_DECLARED = declared_shapes(_DOCUMENT)
_READ = [name for name, part in vars(document).items() if is_typeddict(part)]


@pytest.mark.parametrize("part", _READ)
def test_each_field_that_is_read_is_declared_as_it_is_read(part: str) -> None:
    """A field that is renamed, removed or of another type fails here."""
    # Given a part that P2 reads, when its fields are compared, then each is a declared one
    read = {name: shape_of(hint) for name, hint in get_type_hints(getattr(document, part)).items()}
    assert read
    assert read.items() <= _DECLARED[part].items()


def test_the_golden_profile_becomes_a_page_and_a_workbook(handlers: Handlers) -> None:
    """Whoever wrote it: P1 is not asked."""
    # Given the example in the store
    data = example_of(_DOCUMENT, "every-kind.json").read_bytes()
    handlers.store.put_bytes("golden", data)

    # When its report is made
    done = handlers.run_p2({"profile": {"key": "golden", "size_bytes": len(data)}})

    # Then every column of it is on the page
    page = handlers.store.get_bytes(done.result[0].key).decode()
    names = [column["name"] for column in document.load(data)["columns"]]
    assert [name for name in names if name not in page] == []


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
