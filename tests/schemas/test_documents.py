"""The documents of the object store: declared as the records are, with examples that fit."""

import json

import pytest
from support.documents import require_fit, schema_of
from support.golden import fields_of, records_of

from headway.declared.declarations import schemas_root

_DOCUMENTS = [path.stem for path in sorted((schemas_root() / "documents").glob("*.avsc"))]


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_part_and_field_of_a_document_has_a_doc(document: str) -> None:
    """Who reads it in another language learns here what it means."""
    # Given a document, when the docs of its parts and fields are looked for, then all are there
    schema = schema_of(document)
    silent = [path for path, field in fields_of(schema) if not field.get("doc", "").strip()]
    assert silent + [part["name"] for part in records_of(schema) if not part.get("doc")] == []


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_example_of_a_document_is_what_is_declared(document: str) -> None:
    """Field for field, and none that nobody declared."""
    # Given the examples of a document
    examples = sorted((schemas_root() / "documents" / "examples" / document).glob("*.json"))
    assert examples

    # When they are held against the declaration, then they fit
    for example in examples:
        require_fit(json.loads(example.read_text(encoding="utf-8")), document)


def test_a_document_with_a_field_too_few_or_too_many_does_not_fit() -> None:
    """A check that finds nothing would be no check."""
    # Given an example, and two of which a field is wrong
    path = schemas_root() / "documents/examples/profile.v1/every-kind.json"
    good = json.loads(path.read_text(encoding="utf-8"))
    less = {name: value for name, value in good.items() if name != "rows"}

    # When they are held against the declaration, then each is refused
    for bad in (less, good | {"undeclared": 1}, good | {"rows": "13"}):
        with pytest.raises(ValueError, match=r"no profile\.v1"):
            require_fit(bad, "profile.v1")
