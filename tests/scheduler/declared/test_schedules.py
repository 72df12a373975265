"""The file of rules: what there is of it, and every fault at once."""

from pathlib import Path

import pytest
from support.scheduling.rig import written

from headway.base.errors import SettingsError
from headway.declared.pipeline import Pipeline
from scheduler.check import main
from scheduler.rules.schedules import load

_PIPELINE = Pipeline.load()


def _faults(rules: str, folder: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(str(written(rules, folder)), _PIPELINE)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_the_declared_rules_fit() -> None:
    """The file that comes with the pipeline."""
    # Given the declared file, when it is read, then nothing is wrong with it
    load("", _PIPELINE)


def test_every_fault_is_told_at_once_with_its_rule_its_field_and_what_to_do(
    tmp_path: Path,
) -> None:
    """Whoever mends the file mends it once."""
    # Given a file with many faults
    rules = """
- {name: A, kind: rerun, about: x, after: 5 min}
- {name: twice, kind: rerun, about: x, after: [5 lifetimes], often: 1}
- {name: twice, kind: nothing, about: x}
- {name: window-p1, kind: submit, about: x, at: 61 * * * *, zone: Mars/X, job: {}}
- {name: rule, kind: rerun, about: x, after: 5 min}
- {name: again, kind: reprocess, at: "@daily", from: p9, where: {stage: p8, age: 1 h}}
- 7
"""
    # When it is read
    told = _faults(rules, tmp_path)

    # Then each is told in a line of its own
    for words in (
        "rule A: name: 'A' is no name: a letter, then letters, digits and - in all 63",
        "rule twice: after: '5 lifetimes' is no duration such as 5 s, 1 min or 1 h",
        "rule twice: often: there is no such field; there are about",
        "rule twice: name: another rule has it; take one of its own",
        "rule twice: kind: 'nothing' is none of",
        "rule window-p1: name: another rule has it",
        "rule window-p1: zone: 'Mars/X' is no time zone",
        "rule window-p1: at: '61 * * * *' is no crontab",
        "rule window-p1: job: it is no submission",
        "rule rule: name: another rule has it",
        "rule again: about: has to be said",
        "rule again: from: 'p9' is none of",
        "rule again: where: stage: 'p8' is none of",
        "rule again: where: age: there is no such field",
        "rule 7: 7 are no fields",
    ):
        assert [line for line in told if line.startswith(words)], words


@pytest.mark.parametrize("text", ["", "rules: 7", "[]", "rules: []\nmore: 1"])
def test_a_file_that_is_no_list_of_rules_is_refused(text: str, tmp_path: Path) -> None:
    """Whatever else it is."""
    # Given such a file
    path = tmp_path / "schedules.yaml"
    path.write_text(text, encoding="utf-8")

    # When it is read, then it is told what it has to be
    with pytest.raises(SettingsError, match="there has to be `rules:`"):
        load(str(path), _PIPELINE)


def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    """It is the setting that is wrong."""
    # Given no file, when it is read, then the variable is named
    with pytest.raises(SettingsError, match="SCHEDULES_FILE"):
        load(str(tmp_path / "none.yaml"), _PIPELINE)


def test_a_file_is_checked_without_a_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m scheduler.check FILE`, before it is rolled out."""
    # Given a file that fits and one that does not
    good = written("- {name: a, kind: rerun, about: x, after: 5 min}\n", tmp_path)

    # When they are checked, then the exit code and the words say so
    assert main([str(good)]) == 0
    assert main([str(written("- {name: a}\n", tmp_path))]) == 2
    assert "rule a: kind: has to be said" in capsys.readouterr().err
