"""How a stage leaves its group: what is left is said once, and the heirs begin at once."""

import pytest
from support.stages.stage_rig import FakeCluster, jobs, once

from headway.owning.place import Place


def test_leaving_the_group_asks_for_no_word_after_the_last(
    cluster: FakeCluster, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client revokes what is owned when it is closed: the heirs would wait for nobody."""
    # Given a stage that has worked
    cluster.give(name, *jobs(5))
    stage = cluster.stage(name).start()
    stage.turn_until(lambda: cluster.outputs(name) == once(jobs(5)))
    saying, said = stage.runner.saying, list[str]()
    word, close = saying.last_word, saying.close

    def last_word(released: frozenset[Place]) -> bool:
        said.append("word")
        return word(released)

    def closed() -> None:
        said.append("close")
        close()

    monkeypatch.setattr(saying, "last_word", last_word)
    monkeypatch.setattr(saying, "close", closed)

    # When it is drained, then its last word comes before nothing more can be said
    stage.drain(stage.clock.monotonic() + 1)
    assert set(said[:-1]) == {"word"}
    assert said[-1] == "close"
