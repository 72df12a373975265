"""P2 as the runtime sees it: a profile in, two files for the user out."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.stages.handling import PROFILE_KEY, Handlers

from headway.base.errors import ObjectNotFound, PermanentError
from headway.declared.handler import ResultFile
from headway.edges.objectstore import ObjectStore

SMALL = "id,name\n1,ada\n2,bob\n3,cyd\n"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_the_result_is_a_page_and_a_workbook(handlers: Handlers) -> None:
    """Both files are stored under the job's keys and named after the user's file."""
    # Given a user's file, when both stages have worked on it
    done = handlers.report(SMALL, "penguins.csv")

    # Then a page and a workbook are stored, and the record tells the same as the result
    html_key, xlsx_key = "jobs/job/p2/report.html", "jobs/job/p2/report.xlsx"
    assert done.result == (
        ResultFile("penguins-report.html", "text/html", html_key, handlers.store.size(html_key)),
        ResultFile("penguins-report.xlsx", XLSX, xlsx_key, handlers.store.size(xlsx_key)),
    )
    assert done.payload["files"] == [
        {"name": f.name, "media_type": f.media_type, "key": f.key, "size_bytes": f.size_bytes}
        for f in done.result
    ]


def test_two_jobs_keep_their_files_apart(handlers: Handlers) -> None:
    """What one user downloads is never another's."""
    # Given a job that has written its files
    profile = handlers.run_p1({"source": {"content": SMALL.encode()}}).payload
    first = handlers.run_p2(profile, job_id="first").result
    written = [handlers.store.get_bytes(file.key) for file in first]

    # When another runs with the same store, of another file
    profile = handlers.run_p1({"source": {"content": b"other\n1\n2\n"}}).payload
    second = handlers.run_p2(profile, job_id="second").result

    # Then the files of both are there
    assert [handlers.store.get_bytes(file.key) for file in first] == written
    assert not {file.key for file in first} & {file.key for file in second}


def test_the_same_profile_gives_the_same_bytes(handlers: Handlers) -> None:
    """A job that runs again after a crash writes exactly the files it wrote before."""
    # Given the files of a job
    first = [handlers.html(SMALL), handlers.xlsx(SMALL)]

    # When it runs again, then they are the same, byte by byte
    assert [handlers.html(SMALL), handlers.xlsx(SMALL)] == first


def test_jobs_in_several_threads_do_not_mix(handlers: Handlers) -> None:
    """Handlers are called concurrently; each job's files are those it would have alone."""
    # Given jobs of different files, and the page each has when it runs alone
    contents = [f"id,name{n}\n" + f"{n},x\n" * (n + 1) for n in range(16)]
    alone = [handlers.html(content) for content in contents]

    # When several run at once
    def run(number: int) -> str:
        own = Handlers(ObjectStore.open("memory://"), handlers.scratch)
        return own.html(contents[number])

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(run, range(16)))

    # Then each has its own page
    assert together == alone


def test_progress_goes_from_start_to_end(handlers: Handlers) -> None:
    """A watcher sees the stage go from 0 to 1 with a word on what is done."""
    # Given a profile that is stored
    handlers.run_p1({"source": {"content": SMALL.encode()}})
    handlers.context.reports.clear()

    # When the report is made of it
    handlers.run_p2({"profile": {"key": PROFILE_KEY, "size_bytes": 1}})

    # Then what was reported goes from 0 to 1, with words
    fractions = [fraction for fraction, _ in handlers.context.reports]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert "drawing the page" in {note for _, note in handlers.context.reports}


def test_a_missing_profile_is_named(handlers: Handlers) -> None:
    """A reference to nothing fails with the key in the message."""
    # Given a record that refers to nothing, when it is worked on, then the key is told
    with pytest.raises(ObjectNotFound, match="jobs/none"):
        handlers.run_p2({"profile": {"key": "jobs/none", "size_bytes": 1}})


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format_version": 2}', b"\xff", b"null"])
def test_what_is_no_profile_is_refused(handlers: Handlers, data: bytes) -> None:
    """Damage and unknown versions fail for good, and say what to do."""
    # Given an object that is no profile of this version
    handlers.store.put_bytes("profile", data)

    # When a report is to be made of it, then its user is told what to do
    with pytest.raises(PermanentError, match="Submit the file again"):
        handlers.run_p2({"profile": {"key": "profile", "size_bytes": 1}})
