"""Jobs found by their tags, at the cost of those that have them."""

import pytest
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

from status.answers.listing import Selection


def _ids(page: dict[str, list[dict[str, str]]]) -> list[str]:
    return [job["job_id"] for job in page["jobs"]]


@pytest.fixture
def tagged(rig: Rig, log: Log) -> Rig:
    """Jobs a to d, submitted in this order, all but d with tags; b is done."""
    log.submission("a", tags=["off-peak", "customer:7"])
    log.submission("b", tags=["off-peak"], title="sales.csv")
    log.submission("c", tags=["off-peak"])
    log.submission("d")
    log.state("b", "COMPLETED", tags=["off-peak"])
    rig.apply()
    return rig


@pytest.mark.usefixtures("tagged")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tag=off-peak", ["c", "b", "a"]),
        ("tag=customer:7", ["a"]),
        ("tag=off", []),
        ("tag=", ["d", "c", "b", "a"]),
        ("tag=off-peak&status=QUEUED", ["c", "a"]),
        ("tag=off-peak&status=QUEUED&status=COMPLETED", ["c", "b", "a"]),
        ("tag=off-peak&q=sales", ["b"]),
    ],
)
def test_a_list_is_narrowed_by_a_tag(web: Web, query: str, found: list[str]) -> None:
    """Whole tags, newest first, together with status and text; each job tells its tags."""
    # Given jobs of different tags, when those of one are asked for, then they come alone
    page = web.json(f"/jobs?{query}")
    assert _ids(page) == found
    tags = {job["job_id"]: job["tags"] for job in page["jobs"]}
    assert all(tags[job] == ["off-peak", "customer:7"] for job in found if job == "a")


@pytest.mark.usefixtures("tagged")
def test_pages_of_a_tag_follow_each_other(web: Web) -> None:
    """The cursor is that of every list."""
    # Given three jobs of a tag, when they are listed two at a time
    first = web.json("/jobs?tag=off-peak&limit=2")
    second = web.json(f"/jobs?tag=off-peak&limit=2&cursor={first['next']}")

    # Then every one comes once
    assert (_ids(first), _ids(second), second["next"]) == (["c", "b"], ["a"], None)


def test_a_tag_that_is_none_is_refused(web: Web) -> None:
    """400 names the parameter."""
    # Given no jobs, when such a tag is asked for, then it is refused
    answer = web.get("/jobs?tag=a%20b")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "tag")


def test_a_job_has_the_tags_of_its_newest_attempt_and_a_deleted_one_has_none(
    tagged: Rig, log: Log, web: Web
) -> None:
    """What the lists go by never holds what is over."""
    # Given jobs with tags, when one is submitted anew with others, and one is deleted
    log.submission("a", attempt=2, tags=["other"])
    log.append("job-state", "c", None)
    tagged.apply()

    # Then the lists are as the jobs are now, and nothing else is kept
    assert _ids(web.json("/jobs?tag=off-peak")) == ["b"]
    assert _ids(web.json("/jobs?tag=other")) == ["a"]
    with tagged.table.snapshot() as snapshot:
        assert snapshot.rows("SELECT tag, job_id FROM tagged") == [
            ("off-peak", "b"),
            ("other", "a"),
        ]


def test_of_tag_and_status_the_rarer_one_is_walked(rig: Rig, log: Log, web: Web) -> None:
    """So a list costs no more than the smaller of both; it is the same either way."""
    # Given many jobs of a tag, two of which failed, and one that failed without it
    for number in range(30):
        log.submission(f"job-{number:02}", tags=["off-peak"])
    log.submission("other")
    for job_id in ("job-03", "job-20"):
        log.state(job_id, "FAILED", tags=["off-peak"])
    log.state("other", "FAILED")
    rig.apply()

    # When those that failed are asked for, then they come, a page at a time, the newest first
    assert _ids(web.json("/jobs?tag=off-peak&status=FAILED")) == ["job-20", "job-03"]
    first = web.json("/jobs?tag=off-peak&status=FAILED&limit=1")
    assert _ids(web.json(f"/jobs?tag=off-peak&status=FAILED&cursor={first['next']}")) == ["job-03"]
    queued = _ids(web.json("/jobs?tag=off-peak&status=QUEUED&status=FAILED"))
    assert queued == [f"job-{number:02}" for number in reversed(range(30))]


def test_jobs_of_a_tag_come_in_their_order_from_the_tags_alone(rig: Rig) -> None:
    """Nothing is sorted, and no job of another tag is looked at, however many there are."""
    # Given a table, when it is asked how it would list a tag
    plans: list[list[str]] = []
    with rig.table.snapshot() as snapshot:

        def explained(sql: str, values: tuple[object, ...]) -> list[object]:
            plans.append([row[3] for row in snapshot.rows(f"EXPLAIN QUERY PLAN {sql}", values)])
            return []

        snapshot.found = explained  # type: ignore[method-assign, assignment]  # asks instead
        Selection(tag="off-peak").of(snapshot)

    # Then it walks over the entries of the tag, and looks up each of their jobs
    ((first, second, *_),) = plans
    assert first.startswith("SEARCH tagged USING PRIMARY KEY (tag=?")
    assert second.startswith("SEARCH jobs USING INDEX")
    assert not any("TEMP B-TREE" in step for step in plans[0])
