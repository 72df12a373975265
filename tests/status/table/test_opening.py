"""The file of the table and its folder, as they are found at the start."""

from pathlib import Path

import pytest
from support.status.rig import EPOCH

from headway.base.errors import SettingsError
from status.table.database import FILE_NAME, locked
from status.table.store import Store


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look like one" * 40])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    """Everything in it comes from Kafka."""
    # Given a file that is no database
    path = tmp_path / FILE_NAME
    path.write_bytes(content)

    # When it is opened
    with Store(path) as store:
        store.bind(EPOCH)

        # Then it is an empty one
        assert store.offsets() == {}


def test_a_file_of_another_form_is_made_anew(tmp_path: Path) -> None:
    """A newer or older program may have written it."""
    # Given a table of a version this release does not know
    path = tmp_path / FILE_NAME
    with Store(path) as store:
        store.bind(EPOCH)
        store._db.execute("PRAGMA user_version = 999")

    # When it is opened
    with Store(path) as store:
        # Then it is an empty one
        assert store.header.epoch == ""


def test_a_folder_serves_one_process(tmp_path: Path) -> None:
    """Two writers of one file would overwrite each other's offsets."""
    # Given a folder that is in use
    with (
        locked(tmp_path),
        # When it is taken again, then that is refused
        pytest.raises(SettingsError, match="another process uses it"),
        locked(tmp_path),
    ):
        pytest.fail("the folder was locked twice")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The operator has to see which setting is wrong."""
    # Given a file where the folder would lie
    (tmp_path / "file").write_bytes(b"")

    # When the folder is taken, then the setting is named
    with pytest.raises(SettingsError, match="DATA_DIR"), locked(tmp_path / "file" / "below"):
        pytest.fail("the folder was made")
