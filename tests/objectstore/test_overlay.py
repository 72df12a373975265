"""A store to try things on: what lies below it is read and never changed."""

from pathlib import Path

import pytest

from headway.base.errors import ObjectNotFound, SettingsError
from headway.edges.objectstore import ObjectStore
from headway.edges.overlay import OVERLAY_URL, overlaid


def test_reads_pass_through_and_nothing_below_changes(tmp_path: Path) -> None:
    """Whoever opens it by its url sees what was written and deleted there; nobody else."""
    # Given a store with two objects
    url = (tmp_path / "below").as_uri()
    below = ObjectStore.open(url)
    below.put_bytes("kept", b"kept")
    below.put_bytes("gone", b"gone")

    # When somebody writes, replaces and deletes on an overlay of it
    with overlaid(url, tmp_path) as overlay:
        tried = ObjectStore.open(OVERLAY_URL)
        tried.put_bytes("new", b"new")
        tried.put_bytes("kept", b"replaced")
        tried.delete("gone")
        assert not tried.create("kept", b"x")
        assert tried.create("gone", b"again")
        tried.delete("gone")

        # Then that is what is read there, and it is told
        assert (tried.get_bytes("new"), tried.get_bytes("kept")) == (b"new", b"replaced")
        with pytest.raises(ObjectNotFound):
            tried.get_bytes("gone")
        assert overlay.written == {"new": 3, "kept": 8}

    # Then below all is as it was, and there is no overlay any more
    assert (below.get_bytes("kept"), below.get_bytes("gone")) == (b"kept", b"gone")
    with pytest.raises(ObjectNotFound):
        below.get_bytes("new")
    with pytest.raises(SettingsError):
        ObjectStore.open(OVERLAY_URL)
