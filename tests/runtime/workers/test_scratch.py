"""The folder of a stage's worker processes: emptied when it is ours, and only then."""

from pathlib import Path

import pytest
from support.stages.isolated import call, isolated

from headway.base.errors import SettingsError, WorkerCrashed


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


def _scratch(root: Path) -> Path:
    (folder,) = root.iterdir()
    return folder
