"""Topics, pipeline, records and folders name the same things."""

from dataclasses import fields

import pytest
from support.golden import record_versions

import tree
from headway.declared.catalog import Catalog, Topic
from headway.declared.declarations import schemas_root
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.declared.stage import StageSettings

_CATALOG = Catalog.load()
_PIPELINE = Pipeline.load()
_TOPICS = list(_CATALOG.topics.values())
#: Whoever is no folder under services/, in the words of the declarations.
_OUTSIDERS = {"any Kafka producer", "any Kafka consumer reading read_committed", "operators"}
#: What the scheduler says and hears of its rules and windows.
_OF_SCHEDULER = {
    _PIPELINE.windows,
    _PIPELINE.schedule_rules,
    _PIPELINE.schedule_commands,
    _PIPELINE.schedule_pending,
}
#: What the statistics say of stages, and to themselves.
_OF_STATISTICS = {_PIPELINE.statistics, _PIPELINE.statistics_lives}
#: Of no job.
_BESIDE = _OF_SCHEDULER | _OF_STATISTICS
#: What a dead-letter topic carries: whatever came, unchanged.
_UNCHANGED = "bytes of the original record"


def _names(topic: Topic) -> str:
    return topic.logical_name


@pytest.mark.parametrize("topic", _TOPICS, ids=_names)
def test_a_topic_carries_a_record_that_exists_or_plain_bytes(topic: Topic) -> None:
    """The value of every topic names the file of its schema, in its newest version."""
    # Given the newest version of every record
    newest = {version.record: str(version) for version in record_versions()}

    # When the topic's value is looked up, then it is one of them
    assert topic.value in {*newest.values(), _UNCHANGED}


@pytest.mark.parametrize("topic", _TOPICS, ids=_names)
def test_a_topic_is_written_and_read_by_services_that_exist(topic: Topic) -> None:
    """Producers and consumers are folders under services/, or known outsiders."""
    # Given the services there are
    services = {*tree.services(), *tree.apart()}

    # When those that the topic names are looked for, then they exist
    assert set(topic.producers) | set(topic.consumers) <= services | _OUTSIDERS
    assert topic.producers
    assert topic.consumers


@pytest.mark.parametrize("topic", _TOPICS, ids=_names)
def test_a_topic_says_what_it_is_for(topic: Topic) -> None:
    """The purpose is a sentence, and the configuration is text, as the broker takes it."""
    # Given a topic, when its words are read, then they are a sentence
    assert topic.purpose.endswith(".")
    assert topic.cleanup_policy in {"delete", "compact"}
    assert all(isinstance(value, str) for value in topic.config.values())


def test_every_topic_of_a_job_has_the_same_partition_count() -> None:
    """Partition i of every topic holds the same jobs: stages write to the number they read."""
    # Given all topics but the reports of instances: by job, by what came for one, or a lane's own
    of_lanes = [t for t in _TOPICS if t.logical_name != _PIPELINE.reports]
    by_job = [t for t in of_lanes if t.key in {"job_id", "key of the original record"}]
    assert {t.logical_name for t in of_lanes} - {t.logical_name for t in by_job} == _BESIDE

    # When their partitions are counted, then there is one count
    assert len({topic.partitions for topic in of_lanes}) == 1


def test_the_pipeline_and_the_topics_name_each_other() -> None:
    """Every topic of the pipeline is declared, and no topic is declared that nobody needs."""
    # Given the topics the pipeline names
    named = {_PIPELINE.source, _PIPELINE.state, _PIPELINE.progress, _PIPELINE.reports}
    named |= {_PIPELINE.commands, _PIPELINE.results, *_BESIDE}
    for stage in _PIPELINE.stages:
        named |= {stage.source, stage.sink, stage.dead_letters, stage.held, *stage.retry_topics}

    # When they are held against the declared ones, then they are the same
    assert named == _CATALOG.topics.keys()


@pytest.mark.parametrize("stage", _PIPELINE.stages, ids=lambda stage: stage.name)
def test_the_topics_of_a_stage_name_the_stage(stage: StageDeclaration) -> None:
    """Whom the topics call producer and consumer is who reads and writes them."""
    # Given a stage, when its topics are asked who uses them, then it is the stage
    assert stage.name in _CATALOG[stage.source].consumers
    written = (stage.sink, stage.dead_letters)
    for topic in (*written, _PIPELINE.state, _PIPELINE.progress, _PIPELINE.reports):
        assert stage.name in _CATALOG[topic].producers
    assert _CATALOG[stage.dead_letters].value == _UNCHANGED
    assert stage.name in _CATALOG[_PIPELINE.commands].consumers
    assert stage.name in _CATALOG[_PIPELINE.results].producers
    first, *others = stage.retry_topics
    later = {each.name for each in _PIPELINE.stages[stage.index :]}
    for tier in (first, *others, stage.held):
        assert set(_CATALOG[tier].producers) == {stage.name} | (later if tier == first else set())
        assert (_CATALOG[tier].consumers, _CATALOG[tier].value) == ((stage.name,), _UNCHANGED)
    # What they ended and are told to have done again from this stage they read and lay there.
    assert later <= set(_CATALOG[stage.source].consumers)


def test_only_stages_write_what_stages_write() -> None:
    """State, progress, reports, results and dead letters are written by nobody else."""
    # Given the names of the stages
    stages = {stage.name for stage in _PIPELINE.stages}

    # When the writers are gathered of what no outsider writes, then they are stages
    for topic in _TOPICS:
        if topic.logical_name not in {_PIPELINE.source, _PIPELINE.commands, *_BESIDE}:
            assert set(topic.producers) <= stages, topic.logical_name


def test_the_state_topic_is_compacted_and_nothing_else() -> None:
    """The newest state of a job is kept for as long as the job is known; all else expires."""
    # Given all topics of jobs, when the compacted ones are picked, then it is the one of states
    of_jobs = [t for t in _TOPICS if t.logical_name not in _BESIDE]
    assert [t.logical_name for t in of_jobs if t.cleanup_policy == "compact"] == [_PIPELINE.state]


@pytest.mark.parametrize("stage", _PIPELINE.stages, ids=lambda stage: stage.name)
def test_a_topic_of_work_forgets_nothing_by_time_or_size(stage: StageDeclaration) -> None:
    """A record there is a job that may not be done yet, however long its stage was down."""
    # Given what a stage reads, when its retention is asked for, then there is no limit
    for topic in (stage.source, stage.held, *stage.retry_topics):
        config = _CATALOG[topic].config
        assert (config["retention.ms"], config["retention.bytes"]) == ("-1", "-1")


def test_a_tombstone_outlives_what_its_job_is_a_duplicate_for() -> None:
    """It says that a further submission is none of a new job, and is kept when that is trimmed."""
    # Given how long tombstones are kept, and stages know what they are through with
    tombstone_ms = int(_CATALOG[_PIPELINE.state].config["delete.retention.ms"])
    (days,) = [f.default for f in fields(StageSettings) if f.name == "duplicates_days"]
    assert isinstance(days, int)

    # When they are compared, then such a submission has as long again to be trimmed in
    assert tombstone_ms >= 2 * days * 86_400_000


@pytest.mark.parametrize("topic", _TOPICS, ids=_names)
def test_records_are_stamped_by_the_broker_and_replicas_that_lag_never_lead(topic: Topic) -> None:
    """A producer's wrong clock would have records deleted at once, or jobs submitted in 1970."""
    # Given a topic, when its configuration is read, then the broker's clock and care count
    assert topic.config["message.timestamp.type"] == "LogAppendTime"
    assert topic.config["unclean.leader.election.enable"] == "false"


@pytest.mark.parametrize("stage", _PIPELINE.stages, ids=lambda stage: stage.name)
def test_a_dead_letter_fits_where_its_source_fits(stage: StageDeclaration) -> None:
    """A record as large as the source takes, with headers on top, is still no larger than taken."""
    # Given the limits of source and dead letters; the broker's default is 1,048,588
    source = int(_CATALOG[stage.source].config.get("max.message.bytes", "1048588"))
    behind = (stage.dead_letters, stage.held, *stage.retry_topics)
    letters = min(int(_CATALOG[topic].config["max.message.bytes"]) for topic in behind)

    # When they are compared, then headers of many kilobytes find room
    assert letters > source + 163_840


def test_every_status_is_declared_once() -> None:
    """A name means one place in the life of a job."""
    # Given every status, when doubles are looked for, then there are none
    assert len(set(_PIPELINE.statuses)) == len(_PIPELINE.statuses)


def test_no_declaration_lies_where_nobody_reads_it() -> None:
    """A misplaced file would be a declaration that silently does not hold."""
    # Given everything under schemas/
    files = {path for path in schemas_root().rglob("*") if path.is_file()}

    # When the places that are read are taken away, then only the text for people is left
    read = {schemas_root() / "pipeline.yaml", schemas_root() / "schedules.yaml"}
    patterns = ("topics/*.yaml", "avro/*.avsc", "examples/*/*/*.json", "documents/*.avsc")
    for pattern in (*patterns, "documents/examples/*/*.json", "documents/examples/*/*.csv"):
        read |= set(schemas_root().glob(pattern))
    assert {path.name for path in files - read} == {"README.md"}
