"""Worker processes that do not come up: at the start of a stage, and later."""

import os
import threading
from pathlib import Path

import pytest
from support.stages.handlers.scripted import script
from support.stages.isolated import Wanted, call, isolated
from support.waiting import wait_until

from headway.base.errors import Abandoned, SettingsError, StageHalted, WorkerCrashed
from headway.declared.handler import Done, Handler
from headway.declared.stage import StageSettings


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
    reference = f"test_coming_up:{name}"

    # When the stage starts, then it refuses
    with pytest.raises(kind, match=message), isolated(tmp_path, reference):
        pass


def late(settings: StageSettings) -> Handler:
    """Made only at the first try and once a file is there."""
    folder = Path(settings.scratch_dir)
    if (folder / "made").exists() and not (folder / "gate").exists():
        raise LookupError("not now")
    (folder / "made").touch()
    return script(settings)


def test_a_job_waits_while_no_process_comes_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault is the machine's, not the job's: it is not failed for it."""
    # Given a stage that lost its process, and whose next ones do not come up
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    done: list[Done] = []
    with isolated(tmp_path, "test_coming_up:late") as handler:
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

    with isolated(tmp_path, "test_coming_up:late") as handler:
        with pytest.raises(WorkerCrashed):
            call(handler, "exit:1")
        thread = threading.Thread(target=work)
        thread.start()
        wait_until(lambda: "worker.start_failed" in caplog.messages)

        # When its partition is lost, then it waits no more
        context.lost = True
        thread.join()
    assert ended.is_set()
