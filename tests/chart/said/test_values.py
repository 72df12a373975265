"""How values.yaml is read, and what is made of it."""

import json
from typing import Any

import pytest

from chart import schema, table, values

_TEXT = """\
# A comment for whoever reads the file.
# -- What one is for,
# in two lines.
one: a|b

group:
  # -- How many.
  # @schema {minimum: 1}
  count: 2
  # -- Or none.
  # @schema {enum: [x, y]}
  kind: x
  # -- Labels.
  # @schema {additionalProperties: {type: string}}
  labels: {}
  # -- As those.
  # @schema {$like: group.labels}
  others: {}
  # generated: settings of it
  old: 1
  # end
"""


def _properties(text: str) -> dict[str, Any]:
    needed = """
settings: {}
stageDefaults:
  # -- Many.
  replicas: 1
  settings:
    # -- Three.
    THREE: 3
stages:
  # -- The first.
  p1:
    # -- Topic.
    source: a
    settings:
      # -- Four.
      FOUR: 4
"""
    made = json.loads(schema.of(values.read(text + needed.replace("settings: {}", _SETTINGS, 1))))
    found: dict[str, Any] = made["properties"]
    return found


_SETTINGS = "settings:\n  # -- Level.\n  LEVEL: INFO"


def test_words_and_rules_are_of_the_value_below_them() -> None:
    """On as many lines as they take; other comments are nobody's."""
    # Given a text
    text = values.filled(_TEXT, {"settings of it": "# -- New.\nnew: true\n"})

    # When it is read
    read = values.read(text)

    # Then each value has its own
    assert read.at("one").words == "What one is for, in two lines."
    assert read.at("group.count").rules == {"minimum": 1}
    assert [value.path for value in read.leaves()] == [
        "one",
        "group.count",
        "group.kind",
        "group.labels",
        "group.others",
        "group.new",
    ]


def test_what_is_generated_takes_the_place_of_what_was() -> None:
    """As deep as its marks are; all else stays as it is."""
    # Given a text, when its part is made anew
    text = values.filled(_TEXT, {"settings of it": "new:\n  a: 1\n"})

    # Then that alone is another
    before, after = _TEXT.splitlines(), text.splitlines()
    assert [line for line in before if line not in after] == ["  old: 1"]
    assert [line for line in after if line not in before] == ["  new:", "    a: 1"]
    assert values.filled(text, {"settings of it": "new:\n  a: 1\n"}) == text


def test_a_value_without_words_is_refused() -> None:
    """The table of the README would have nothing to say of it."""
    # Given one, when it is read, then it is named
    with pytest.raises(ValueError, match=r"group\.silent does not say what it is for"):
        values.read("group:\n  silent: 1\n")


def test_the_schema_is_closed_and_as_strict_as_defaults_and_rules_say() -> None:
    """Types come of defaults, bounds of rules, and what is like another is that."""
    # Given values, when their schema is made
    found = _properties(_TEXT.replace("  old: 1", "  # -- Old.\n  old: 1.5"))

    # Then it is this
    group = found["group"]
    assert found["one"] == {"type": "string", "description": "What one is for, in two lines."}
    assert group["additionalProperties"] is False
    assert group["properties"]["count"] == {
        "type": "integer",
        "minimum": 1,
        "description": "How many.",
    }
    assert group["properties"]["kind"] == {"enum": ["x", "y"], "description": "Or none."}
    assert group["properties"]["old"]["type"] == "number"
    assert group["properties"]["others"] == {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "As those.",
    }


def test_a_stage_may_say_its_settings_those_of_stages_and_of_all() -> None:
    """One that is said by hand may say any, for nobody here knows them."""
    # Given values, when the schema of stages is made
    stages = _properties(_TEXT.replace("old", "# -- Old.\n  old"))["stages"]

    # Then a known one has three kinds of settings, and what every stage has
    known, other = stages["properties"]["p1"], stages["additionalProperties"]
    assert set(known["properties"]) == {"source", "replicas", "settings"}
    assert set(known["properties"]["settings"]["properties"]) == {"LEVEL", "THREE", "FOUR"}
    assert known["properties"]["settings"]["additionalProperties"] is False
    assert other["required"] == ["source"]
    assert "properties" not in other["properties"]["settings"]


def test_the_table_has_a_line_for_each_value() -> None:
    """With its default, as it is written in values, and no line that breaks the table."""
    # Given values, when they are told as a table
    lines = table.of(values.read(_TEXT.replace("old", "# -- Old.\n  old"))).splitlines()

    # Then each has its line
    assert lines[2] == '| `one` | `"a\\|b"` | What one is for, in two lines. |'
    assert lines[3] == "| `group.count` | `2` | How many. |"
    assert lines[5] == "| `group.labels` | none | Labels. |"
