"""A worker process that ends, hangs or grows costs its job, and nothing else."""

import os
import signal
import threading
from pathlib import Path

import pytest
from support.stages.isolated import Wanted, call, gone, isolated
from support.stages.scripted_stage import p1_script
from support.waiting import wait_until

from headway.base.errors import Abandoned, SettingsError, StageHalted, TimedOut, WorkerCrashed
from headway.declared.handler import Done, Handler
from headway.declared.stage import StageSettings
from headway.workers.processes import InProcesses


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("exit:137", "Process 1 crashed: the process at work on it ended with exit code 137"),
        ("exit:0", "ended with exit code 0"),
        ("killself", r"killed \(SIGKILL\), most often because memory ran out"),
        ("segv", r"invalid memory access \(SIGSEGV\)"),
    ],
)
def test_a_process_that_ends_is_told_and_replaced(
    handler: InProcesses, title: str, message: str
) -> None:
    """The job fails with what became of it; the next finds a new process."""
    # Given a handler that ends its process, when it is called
    with pytest.raises(WorkerCrashed, match=message):
        call(handler, title)

    # Then the next job is done
    assert call(handler, "ok").payload


@pytest.mark.parametrize("title", ["spin", "hold:/nowhere", "sleep:1000"])
def test_a_call_over_its_time_is_ended(tmp_path: Path, title: str) -> None:
    """For real: nothing of it is left running."""
    # Given a handler that never returns, and a limit
    with isolated(tmp_path, handler_seconds=0.3) as handler:
        pid = handler._workers[0].pid

        # When it is called
        with pytest.raises(TimedOut, match=r"^Process 1 timed out after 0\.3 s$"):
            call(handler, title)

        # Then its process is gone, and the next job is done by another
        assert pid is not None
        assert gone(pid)
        assert call(handler, "ok").payload


def test_a_job_that_is_not_ours_any_more_is_ended(handler: InProcesses) -> None:
    """A handler that never reports is stopped all the same."""
    # Given a handler at work that looks at nothing
    context, ended = Wanted(), threading.Event()

    def work() -> None:
        with pytest.raises(Abandoned):
            call(handler, "spin", context)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: context.reports)

    # When its partition is lost, then it ends
    context.lost = True
    thread.join()
    assert ended.is_set()
    assert call(handler, "ok").payload


def test_a_process_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    """Before the machine has none left for the others."""
    # Given a limit, when a handler takes more
    with isolated(tmp_path, handler_memory_mb=200) as handler:
        with pytest.raises(WorkerCrashed, match="took more than 200 MB of memory"):
            call(handler, "alloc:400")

        # Then the next job is done
        assert call(handler, "ok").payload


def test_a_process_that_died_between_jobs_costs_none(handler: InProcesses) -> None:
    """Whoever killed it while it waited has hurt no job."""
    # Given a process that was killed while it had nothing to do
    pid = handler._workers[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    # To be waited for means that all its threads are gone, and with them its end of the pipe.
    ended = os.WEXITED | os.WNOWAIT | os.WNOHANG
    wait_until(lambda: os.waitid(os.P_PID, pid, ended))

    # When the next job comes, then it is done
    assert call(handler, "ok").payload


def test_what_a_killed_process_left_on_disk_is_removed(tmp_path: Path) -> None:
    """Its temporary files lie in a folder of its own."""
    # Given a process whose temporary folder holds a file
    with isolated(tmp_path) as handler:
        (folder,) = (path for path in _scratch(tmp_path).iterdir() if path.is_dir())
        (folder / "left").write_bytes(b"x" * 1000)

        # When it dies
        with pytest.raises(WorkerCrashed):
            call(handler, "killself")

        # Then the file is gone
        assert not (folder / "left").exists()

    # And when the stage ends, the folder is gone, too
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_stage_left_on_disk_is_removed_by_the_next(tmp_path: Path) -> None:
    """Restarts do not fill the disk."""
    # Given what a stage left behind that was killed
    with isolated(tmp_path):
        folder = _scratch(tmp_path)
    (folder / "3").mkdir(parents=True)
    (folder / "3" / "left").write_bytes(b"x")

    # When it starts again under its name, then it is gone
    with isolated(tmp_path):
        assert not (folder / "3").exists()


def test_two_stages_of_one_name_do_not_empty_each_others_folder(tmp_path: Path) -> None:
    """A folder belongs to whoever holds its lock."""
    # Given a stage at work, when another of its name starts
    with isolated(tmp_path) as first, isolated(tmp_path) as second:
        # Then each has a folder of its own, and both work
        assert first._scratch.folder != second._scratch.folder
        assert call(first, "ok").payload
        assert call(second, "ok").payload


def test_the_folder_lies_where_it_should_whatever_the_instance_is_called(tmp_path: Path) -> None:
    """A name with a path in it leads nowhere else: what lies there would be emptied."""
    # Given a folder with something in it, and an instance whose name points there
    (tmp_path / "precious" / "thing").mkdir(parents=True)
    (tmp_path / "scratch").mkdir()

    # When a stage of that name starts, then its folder is in the place for such folders
    with isolated(tmp_path / "scratch", instance_id="x/../../precious") as handler:
        assert handler._scratch.folder.parent == tmp_path / "scratch"
    assert (tmp_path / "precious" / "thing").exists()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Nothing is emptied that is not ours."""
    # Given a link where the folder would be
    with isolated(tmp_path) as handler:
        name = handler._scratch.folder.name
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")

    # When a stage starts, then it refuses to
    with pytest.raises(SettingsError, match="not this user's own"), isolated(tmp_path):
        pass


def refused(_: StageSettings) -> None:
    raise SettingsError("OBJECT_STORE_URL: 'x' is none")


def broken(_: StageSettings) -> None:
    raise LookupError("a bug")


def dying(_: StageSettings) -> None:
    os._exit(9)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("refused", SettingsError, "^OBJECT_STORE_URL: 'x' is none"),
        ("broken", StageHalted, "LookupError: a bug"),
        ("dying", StageHalted, "exit code 9"),
        ("absent", StageHalted, "absent"),
    ],
)
def test_a_handler_that_cannot_be_made_refuses_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: type[Exception], message: str
) -> None:
    """At the start, not with the first job; settings that do not fit are told as such."""
    # Given a handler that cannot be made
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    reference = f"test_crashes:{name}"

    # When the stage starts, then it refuses
    with pytest.raises(kind, match=message), isolated(tmp_path, reference):
        pass


def late(settings: StageSettings) -> Handler:
    """Made only at the first try and once a file is there."""
    folder = Path(settings.scratch_dir)
    if (folder / "made").exists() and not (folder / "gate").exists():
        raise LookupError("not now")
    (folder / "made").touch()
    return p1_script(settings)


def test_a_job_waits_while_no_process_comes_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault is the machine's, not the job's: it is not failed for it."""
    # Given a stage that lost its process, and whose next ones do not come up
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    done: list[Done] = []
    with isolated(tmp_path, "test_crashes:late") as handler:
        with pytest.raises(WorkerCrashed):
            call(handler, "exit:1")
        thread = threading.Thread(target=lambda: done.append(call(handler, "ok")))
        thread.start()
        wait_until(lambda: caplog.messages.count("worker.start_failed") > 1)
        assert not done

        # When they do again, then the job is done
        (tmp_path / "gate").touch()
        thread.join()
        assert done


def test_a_job_that_waits_for_a_process_can_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is looked at while it waits, as one that runs."""
    # Given a job that waits for a process that does not come up
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    context, ended = Wanted(), threading.Event()

    def work() -> None:
        with pytest.raises(Abandoned):
            call(handler, "ok", context)
        ended.set()

    with isolated(tmp_path, "test_crashes:late") as handler:
        with pytest.raises(WorkerCrashed):
            call(handler, "exit:1")
        thread = threading.Thread(target=work)
        thread.start()
        wait_until(lambda: "worker.start_failed" in caplog.messages)

        # When its partition is lost, then it waits no more
        context.lost = True
        thread.join()
    assert ended.is_set()


def _scratch(root: Path) -> Path:
    (folder,) = root.iterdir()
    return folder
