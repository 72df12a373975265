"""`make stage NAME=p3` in a copy of the repository: what it writes works, and fits the house."""

from pathlib import Path

import pytest
import yaml
from support.repository import Repository

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from localkafka import RunningBroker

pytestmark = pytest.mark.slow

#: What is said of every stage and of the declarations, without a broker.
_FAST = (
    "tests/test_house_imports.py",
    "tests/test_house_style.py",
    "tests/test_house_words.py",
    "tests/test_docs.py",
    "tests/test_readme.py",
    "tests/test_rooms.py",
    "tests/test_tests.py",
    "tests/chart/said/test_settings.py",
    "tests/chart/said/test_stages.py",
    "tests/schemas",
    "tests/p3",
    "tests/runtime/declared",
    "tests/runtime/topics",
    "tests/runtime/wire",
    "tests/chaos",
)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The repository with a third stage."""
    copy = Repository.copied(tmp_path_factory.mktemp("repository"))
    made = copy.make_stage("p3")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "the work goes into services/p3/p3/handler.py" in made.stdout
    return copy


def test_a_stage_that_was_just_written_passes_all_that_holds_for_stages(three: Repository) -> None:
    """Declarations, examples, documents, rooms, rules of the house, and its own tests."""
    # Given a repository with a stage more, when its tests are run there, then they pass
    tested = three.python("-m", "pytest", "-q", "-m", "not broker and not e2e", *_FAST)
    assert tested.returncode == 0, tested.stdout


def test_a_new_stage_has_tiers_of_its_own_and_hears_commands(three: Repository) -> None:
    """Its jobs are tried again later as those of the stage before, and can be cancelled."""
    # Given a repository with a stage more, when its declarations are read
    pipeline, catalog = Pipeline.load(three.schemas), Catalog.load(root=three.schemas)
    before, new = pipeline.stages[-2:]

    # Then it has a tier for each delay, which it alone writes and reads
    assert new.retry == before.retry
    assert new.retry_topics == ("p3.retry.1", "p3.retry.2", "p3.retry.3")
    for number, (name, model) in enumerate(zip(new.retry_topics, before.retry_topics, strict=True)):
        tier, like = catalog[name], catalog[model]
        assert (tier.producers, tier.consumers) == (("p3",), ("p3",))
        assert (tier.config, tier.partitions) == (like.config, like.partitions)
        assert f"Records of {new.source} that p3 tries again" in tier.purpose
        assert f"delay {number + 1}," in tier.purpose

    # And it may have what it ended done again from any stage before it
    for stage in pipeline.stages[:-1]:
        assert "p3" in catalog[stage.source].consumers
        assert "p3" in catalog[stage.retry_topics[0]].producers

    # And a topic for what it holds, and hears of windows
    held = catalog[new.held]
    assert (held.producers, held.consumers) == (("p3",), ("p3",))
    assert f"Records of {new.source} that p3 holds" in held.purpose
    assert "p3" in catalog[pipeline.windows].consumers

    # And it hears commands, tells their results, and whoever did so before still does
    heard, told = catalog[pipeline.commands], catalog[pipeline.results]
    stages = {stage.name for stage in pipeline.stages}
    assert stages <= set(heard.consumers)
    assert stages == set(told.producers)


def test_the_chart_has_a_new_stage_without_a_new_template(three: Repository) -> None:
    """Its values are made of the declarations; all else is there already."""
    # Given a repository with a stage more, when what was written of the chart is looked up
    chart = [line for line in three.changes() if "deploy/helm" in line]

    # Then it is no template, but values, and the topics it knows
    assert [line for line in chart if "/templates/" in line and not line.startswith("A  ")] == []
    values = yaml.safe_load(
        (three.root / "deploy/helm/headway/values.yaml").read_text(encoding="utf-8")
    )
    assert values["stages"]["p3"]["source"] == "jobs.p2-done"
    assert values["stages"]["p3"]["settings"]["HTTP_PORT"] == 9103
    topics = (three.root / "deploy/helm/headway/files/topics.yaml").read_text(encoding="utf-8")
    assert "jobs.p3-done:" in topics


def test_a_stage_behind_one_with_its_own_delays_has_the_same(tmp_path: Path) -> None:
    """It is made like the stage before, whose topics stand for its delays."""
    # Given a last stage with a policy of its own: one delay instead of three
    copy = Repository.copied(tmp_path)
    declared = copy.schemas / "pipeline.yaml"
    own = "retry: {delays: [2 s], tries: 3, jitter: 0, deadline: 1 min}"
    text = declared.read_text(encoding="utf-8").replace(
        "dead_letters: p2.dlq,", f"dead_letters: p2.dlq, {own},"
    )
    declared.write_text(text, encoding="utf-8")
    for number in (2, 3):
        (copy.schemas / f"topics/p2.retry.{number}.yaml").unlink()

    # When a stage is put behind it
    made = copy.make_stage("p3")

    # Then it has that policy, and a topic for its delay
    assert made.returncode == 0, made.stdout + made.stderr
    pipeline, catalog = Pipeline.load(copy.schemas), Catalog.load(root=copy.schemas)
    assert pipeline.stage("p3").retry == pipeline.stage("p2").retry
    tiers = [name for name in catalog.topics if ".retry." in name and name.startswith("p3")]
    assert tiers == ["p3.retry.1"] == list(pipeline.stage("p3").retry_topics)


@pytest.mark.parametrize(
    "check",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy", "services/p3", "tests/p3"),
    ],
    ids=" ".join,
)
def test_what_was_written_is_as_clean_as_the_rest(
    three: Repository, check: tuple[str, ...]
) -> None:
    """Style, layout and types, as for code that was written by hand."""
    # Given a repository with a stage more, when it is checked, then nothing is found
    checked = three.python("-m", *check)
    assert checked.returncode == 0, checked.stdout


def test_a_stage_that_is_there_is_not_written_again(three: Repository) -> None:
    """Who has begun to work in it loses nothing."""
    # Given a stage in which something was changed
    handler = three.root / "services/p3/p3/handler.py"
    handler.write_text(handler.read_text(encoding="utf-8") + "# own work\n", encoding="utf-8")
    before = three.changes(), handler.read_text(encoding="utf-8")

    # When it is asked for again
    again = three.make_stage("p3")

    # Then that is said, and nothing is changed
    assert again.returncode != 0
    assert "p3 is there already: services/p3; nothing was changed" in again.stderr
    assert (three.changes(), handler.read_text(encoding="utf-8")) == before


@pytest.mark.broker
@pytest.mark.e2e
def test_a_real_job_goes_through_three_stages(three: Repository, broker: RunningBroker) -> None:
    """It ends COMPLETED, 100, with the document of the third among its files."""
    # Given the three stages, and a broker
    servers = broker.bootstrap_servers

    # When a real job is sent through them, then the test of that road says that it came through
    tested = three.python(
        "-m", "pytest", "-q", "tests/e2e/test_stages.py", KAFKA_BOOTSTRAP_SERVERS=servers
    )
    assert tested.returncode == 0, tested.stdout
    assert "1 passed" in tested.stdout
