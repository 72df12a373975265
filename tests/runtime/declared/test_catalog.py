"""Topic declarations as the code sees them."""

from pathlib import Path

import pytest

from headway.declared.catalog import Catalog

_TOPIC = """
purpose: A test.
producers: [a]
consumers: [b, c]
key: job_id
value: job-state.v1
partitions: 3
cleanup_policy: compact
"""


def test_a_topic_is_known_by_its_logical_name_and_carries_the_prefix() -> None:
    """Code speaks of logical names; the deployment's prefix is only on the cluster."""
    # Given the declarations with a prefix
    catalog = Catalog.load("blue.")

    # When a topic is asked for, then both names are there
    topic = catalog["job-state"]
    assert (topic.logical_name, topic.name) == ("job-state", "blue.job-state")
    assert catalog.prefix == "blue."
    assert {t.name for t in catalog.topics.values()} == {f"blue.{n}" for n in catalog.topics}


def test_a_declaration_is_read_as_it_stands(tmp_path: Path) -> None:
    """Every key of the file is a field; the configuration may be left out."""
    # Given a declaration without a configuration
    _declare(tmp_path, _TOPIC)

    # When it is loaded, then the fields are those of the file
    topic = Catalog.load(root=tmp_path)["one"]
    assert (topic.producers, topic.consumers) == (("a",), ("b", "c"))
    assert (topic.partitions, topic.cleanup_policy, topic.config) == (3, "compact", {})
    assert (topic.key, topic.value, topic.purpose) == ("job_id", "job-state.v1", "A test.")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (_TOPIC.replace("partitions: 3", ""), "partitions"),
        (_TOPIC + "retention: 5", "retention"),
        (_TOPIC.replace("key:", "keys:"), "key, keys"),
    ],
)
def test_a_missing_or_unknown_key_is_named_with_its_file(
    tmp_path: Path, text: str, named: str
) -> None:
    """A misspelt key would be a promise that nobody keeps."""
    # Given a declaration with a key too few or too many
    _declare(tmp_path, text)

    # When it is loaded, then file and key are named
    with pytest.raises(ValueError, match=rf"one\.yaml: missing or unknown: {named}"):
        Catalog.load(root=tmp_path)


def test_an_undeclared_topic_is_an_error() -> None:
    """There are no topics by accident."""
    # Given the declarations, when another name is asked for, then it is refused
    with pytest.raises(KeyError, match=r"jobs\.unheard"):
        Catalog.load()["jobs.unheard"]


def _declare(root: Path, text: str) -> None:
    (root / "topics").mkdir()
    (root / "topics" / "one.yaml").write_text(text, encoding="utf-8")
