"""No letter of a job that was forgotten is shown, though its topic may keep it a while."""

from pathlib import Path

import pytest
from support.clock import ManualClock
from support.status.letters import Postbox
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

from status.letters.forgetting import Forgetting
from status.letters.listing import Desk


@pytest.fixture
def forgetting(rig: Rig) -> Forgetting:
    return Forgetting(rig.desk, rig.shelf, rig.clock)


def test_letters_of_a_forgotten_job_are_shown_no_more(
    post: Postbox, rig: Rig, log: Log, web: Web, forgetting: Forgetting
) -> None:
    """Neither listed, nor counted, nor opened by their place: those of all its attempts."""
    # Given jobs that failed, one of them twice
    places = [post.failed("gone", attempt=1), post.failed("gone", attempt=2)]
    post.failed("kept")
    forgetting.look()

    # When that one is forgotten, and a second is over
    log.forgotten("gone", attempt=2)
    rig.apply()
    rig.clock.advance(1)
    forgetting.look()

    # Then no letter of it is anywhere
    assert [letter["job_id"] for letter in web.json("/dead-letters")["items"]] == ["kept"]
    assert web.json("/dead-letters/summary")["total"] == 1
    answers = [web.get("/dead-letters/{}/{}/{}".format(*place)).status_code for place in places]
    assert answers == [404, 404]


def test_a_list_that_is_made_anew_has_none_of_them(
    post: Postbox, rig: Rig, log: Log, web: Web, forgetting: Forgetting
) -> None:
    """Their topics may have them still, when their jobs were forgotten long before."""
    # Given a job that was forgotten, and a list that has been looked through since
    log.forgotten("gone")
    rig.apply()
    forgetting.drop()

    # When its letter is read (again)
    post.letter("gone")
    forgetting.came()
    forgetting.drop()

    # Then it is in no list
    assert web.json("/dead-letters")["items"] == []


def test_a_letter_of_a_job_that_was_opened_anew_is_shown(
    post: Postbox, rig: Rig, log: Log, web: Web, forgetting: Forgetting
) -> None:
    """It was forgotten in its first attempt, and has failed in its second."""
    # Given such a job, when the list is looked through, then its letter stays
    post.letter("job", attempt=1)
    log.forgotten("job", attempt=1)
    rig.apply()
    forgetting.drop()
    post.failed("job", attempt=2)
    forgetting.came()
    forgetting.drop()
    assert [letter["attempt"] for letter in web.json("/dead-letters")["items"]] == [2]


def test_a_tombstone_that_a_person_wrote_forgets_what_came_before(
    post: Postbox, rig: Rig, log: Log, web: Web, forgetting: Forgetting
) -> None:
    """It names no attempt; what fails later is of a job anew."""
    # Given a letter, a tombstone of people, and a letter of the same job_id that came later
    post.letter("job")
    log.append("job-state", "job", None)
    rig.apply()
    later = post.letter("job")

    # When the list is looked through, then the later one is left
    forgetting.drop()
    assert [letter["offset"] for letter in web.json("/dead-letters")["items"]] == [later[2]]


def test_a_list_beside_a_table_that_is_just_made_is_left_as_it_is(
    post: Postbox, rig: Rig, web: Web, tmp_path: Path
) -> None:
    """Nobody is known to be forgotten before the table says so."""
    # Given a letter, and no table of jobs yet
    post.letter("job")
    desk = Desk(rig.shelf.path, tmp_path / "none.sqlite3")

    # When the list is looked through, then the letter stays
    Forgetting(desk, rig.shelf, ManualClock()).drop()
    assert web.json("/dead-letters/summary")["total"] == 1
