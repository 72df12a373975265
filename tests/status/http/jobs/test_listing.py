"""Lists: which jobs, in which order, page by page while jobs move."""

import pytest
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web


@pytest.fixture
def three(rig: Rig, log: Log) -> Rig:
    """Jobs a, b, c, submitted in this order; b is done and c runs."""
    for job_id, title in (("a", "Sales 2024.csv"), ("b", "100%_sure.csv"), ("c", "Überblick.csv")):
        log.submission(job_id, title=title)
    log.state("b", "COMPLETED")
    log.state("c", "PROCESS_1_RUNNING")
    rig.apply()
    return rig


@pytest.mark.usefixtures("three")
def test_the_newest_submission_comes_first(web: Web) -> None:
    """A list is read from the top."""
    # Given three jobs
    # When they are listed
    page = web.json("/jobs")

    # Then the youngest is on top, all are on one page, and each status is counted
    assert _ids(page) == ["c", "b", "a"]
    assert page["next"] is None
    assert page["counts"] == {"QUEUED": 1, "COMPLETED": 1, "PROCESS_1_RUNNING": 1}


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=COMPLETED", ["b"]),
        ("status=QUEUED&status=PROCESS_1_RUNNING", ["c", "a"]),
        ("status=QUEUED&status=QUEUED", ["a"]),
        ("status=FAILED", []),
        ("q=sales", ["a"]),
        ("q=CSV", ["c", "b", "a"]),
        ("q=%25_", ["b"]),
        ("q=%C3%BCBERBL", ["c"]),
        ("q=%C3%A4", []),
        ("q=b&status=COMPLETED", ["b"]),
        ("q=%5C", []),
        ("q=", ["c", "b", "a"]),
        ("q=%20sales%20", ["a"]),
    ],
)
def test_a_list_is_narrowed_by_status_and_text(web: Web, query: str, found: list[str]) -> None:
    """Text is looked for in title and job_id, as it is, in any case of letters."""
    # Given three jobs of different statuses and titles
    # When those of a status or with a text are asked for
    page = web.json(f"/jobs?{query}")

    # Then they come, and no others
    assert _ids(page) == found


def test_pages_neither_repeat_nor_miss_a_job_while_jobs_come_and_move(
    rig: Rig, log: Log, web: Web
) -> None:
    """Pages are cut by what never changes of a job."""
    # Given 23 jobs
    there = [f"job-{number:02}" for number in range(23)]
    for job_id in there:
        log.submission(job_id)
    rig.apply()

    # When they are read in pages of five, while jobs come and move between the pages
    seen: list[str] = []
    cursor = ""
    while True:
        page = web.json(f"/jobs?limit=5{cursor}")
        seen += _ids(page)
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        log.submission(f"new-{len(seen)}")
        for job_id in (seen[0], there[0]):
            log.state(job_id, "PROCESS_1_RUNNING")
        rig.apply()

    # Then each of them was seen once, in order
    assert seen == there[::-1]


def test_jobs_of_the_same_millisecond_are_cut_by_their_id(rig: Rig, log: Log, web: Web) -> None:
    """A page that ends among them goes on with the next."""
    # Given five jobs of one moment
    for job_id in "abcde":
        log.now_ms = 1_760_000_000_000
        log.submission(job_id)
    rig.apply()

    # When they are read in two pages
    first = web.json("/jobs?limit=2")
    second = web.json(f"/jobs?limit=3&cursor={first['next']}")

    # Then each is on one of them, in the order of their ids
    assert (_ids(first), _ids(second)) == (["e", "d"], ["c", "b", "a"])
    assert second["next"] is None


def test_a_page_by_status_goes_on_from_its_cursor(rig: Rig, log: Log, web: Web) -> None:
    """Each status is read from an index of its own and all are put in one order."""
    # Given six jobs, every second one finished
    for number in range(6):
        log.submission(f"job-{number}")
        if number % 2:
            log.state(f"job-{number}", "COMPLETED")
    rig.apply()
    query = "/jobs?status=COMPLETED&status=QUEUED&limit=4"

    # When those of either status are read in two pages
    first = web.json(query)
    second = web.json(f"{query}&cursor={first['next']}")

    # Then they come in one order, the newest first
    assert _ids(first) + _ids(second) == [f"job-{number}" for number in range(5, -1, -1)]


def test_deleted_jobs_are_in_no_list_and_in_no_count(rig: Rig, log: Log, web: Web) -> None:
    """The mark that stays of them is not a job."""
    # Given a finished job that was deleted
    log.state("a", "COMPLETED")
    rig.apply()
    log.append("job-state", "a", None)
    rig.apply()

    # When jobs are listed
    page = web.json("/jobs")

    # Then there is none
    assert (page["jobs"], page["counts"]) == ([], {})


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("status=DONE", ["status"]),
        ("limit=0", ["limit"]),
        ("limit=501", ["limit"]),
        ("limit=many", ["limit"]),
        ("limit=%D9%A1", ["limit"]),
        ("cursor=yesterday", ["cursor"]),
        ("cursor=99999999999999999999.a", ["cursor"]),
        ("q=" + "x" * 201, ["q"]),
        ("status=X&limit=-1&cursor=&q=" + "x" * 201, ["status", "q", "cursor", "limit"]),
        ("after=1", ["after"]),
        ("after=6:0", ["after"]),
        ("after=0:-1", ["after"]),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(rig: Rig, query: str, fields: list[str]) -> None:
    """All of them at once, in the form of RFC 9457."""
    # Given a service that has caught up
    web = Web(rig)

    # When it is asked with parameters that do not fit
    response = web.get(f"/jobs?{query}")

    # Then it refuses, and names each of them
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert [fault["field"] for fault in response.json()["errors"]] == fields


def test_a_stream_opened_at_a_lists_position_misses_nothing(rig: Rig, log: Log, web: Web) -> None:
    """The list says up to which records it is true."""
    # Given a new job
    log.submission("a")

    # When it has been read
    change = rig.apply()

    # Then the list says the position that this has led to
    assert web.json("/jobs")["position"] == str(change.position)


def _ids(page: dict[str, list[dict[str, str]]]) -> list[str]:
    return [job["job_id"] for job in page["jobs"]]
