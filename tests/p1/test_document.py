"""The profile P1 writes is the declared one."""

import json
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import pytest
from support.documents import declared_shapes, example_of, require_fit, shape_of
from support.stages.handling import PROFILE_KEY, Handlers

from p1.document import profile

_DOCUMENT = f"profile.v{profile.FORMAT_VERSION}"
_DECLARED = declared_shapes(_DOCUMENT)


def test_every_declared_part_is_written() -> None:
    """And none that nobody declared."""
    # Given the parts that P1 has, when they are compared, then they are the declared ones
    assert {name for name, part in vars(profile).items() if is_dataclass(part)} == set(_DECLARED)


@pytest.mark.parametrize("part", _DECLARED)
def test_each_part_has_the_declared_fields_in_their_order(part: str) -> None:
    """A field added, renamed or retyped on one side alone fails here."""
    # Given a part of the document, when its fields are compared, then they are the declared ones
    written = getattr(profile, part)
    hints = get_type_hints(written)
    shapes = {field.name: shape_of(hints[field.name]) for field in fields(written)}
    assert list(shapes.items()) == list(_DECLARED[part].items())


def test_the_golden_file_gives_the_golden_profile(handlers: Handlers) -> None:
    """Every kind of column, and what is wrong with some of them."""
    # Given the file of the example, when it is profiled
    data = example_of(_DOCUMENT, "every-kind.csv").read_bytes()
    handlers.run_p1({"source": {"content": data}}, title="every-kind.csv")
    written = json.loads(handlers.store.get_bytes(PROFILE_KEY))

    # Then the profile is the example's, but for the last digits of another processor
    golden = json.loads(example_of(_DOCUMENT, "every-kind.json").read_text(encoding="utf-8"))
    assert _rounded(written) == _rounded(golden)
    assert {column["kind"] for column in golden["columns"]} == set(_DECLARED["Column"]["kind"])


def test_a_profile_of_a_real_file_is_what_is_declared(handlers: Handlers) -> None:
    """As JSON, null where something does not apply."""
    # Given a real file, when it is profiled, then the profile fits the declaration
    columns = "n,text,when\n1,a,2024-01-01\n2,,2024-02-02\n,b,\n"
    require_fit(handlers.profile(columns), _DOCUMENT)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value
