"""`make stage NAME=p3` in a copy of the repository: what it writes works, and fits the house."""

import pytest
from support.repository import Repository

from localkafka import RunningBroker

pytestmark = pytest.mark.slow

#: What is said of every stage and of the declarations, without a broker.
_FAST = (
    "tests/test_house_imports.py",
    "tests/test_house_style.py",
    "tests/test_house_words.py",
    "tests/test_docs.py",
    "tests/test_readme.py",
    "tests/test_rooms.py",
    "tests/test_tests.py",
    "tests/schemas",
    "tests/p3",
    "tests/runtime/declared",
    "tests/runtime/topics",
    "tests/runtime/wire",
    "tests/chaos",
)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The repository with a third stage."""
    copy = Repository.copied(tmp_path_factory.mktemp("repository"))
    made = copy.make_stage("p3")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "the work goes into services/p3/p3/handler.py" in made.stdout
    return copy


def test_a_stage_that_was_just_written_passes_all_that_holds_for_stages(three: Repository) -> None:
    """Declarations, examples, documents, rooms, rules of the house, and its own tests."""
    # Given a repository with a stage more, when its tests are run there, then they pass
    tested = three.python("-m", "pytest", "-q", "-m", "not broker and not e2e", *_FAST)
    assert tested.returncode == 0, tested.stdout


@pytest.mark.parametrize(
    "check",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy", "services/p3", "tests/p3"),
    ],
    ids=" ".join,
)
def test_what_was_written_is_as_clean_as_the_rest(
    three: Repository, check: tuple[str, ...]
) -> None:
    """Style, layout and types, as for code that was written by hand."""
    # Given a repository with a stage more, when it is checked, then nothing is found
    checked = three.python("-m", *check)
    assert checked.returncode == 0, checked.stdout


def test_a_stage_that_is_there_is_not_written_again(three: Repository) -> None:
    """Who has begun to work in it loses nothing."""
    # Given a stage in which something was changed
    handler = three.root / "services/p3/p3/handler.py"
    handler.write_text(handler.read_text() + "# own work\n")
    before = three.changes(), handler.read_text()

    # When it is asked for again
    again = three.make_stage("p3")

    # Then that is said, and nothing is changed
    assert again.returncode != 0
    assert "p3 is there already: services/p3; nothing was changed" in again.stderr
    assert (three.changes(), handler.read_text()) == before


@pytest.mark.broker
@pytest.mark.e2e
def test_a_real_job_goes_through_three_stages(three: Repository, broker: RunningBroker) -> None:
    """It ends COMPLETED, 100, with the document of the third among its files."""
    # Given the three stages, and a broker
    servers = broker.bootstrap_servers

    # When a real job is sent through them, then the test of that road says that it came through
    tested = three.python(
        "-m", "pytest", "-q", "tests/e2e/test_stages.py", KAFKA_BOOTSTRAP_SERVERS=servers
    )
    assert tested.returncode == 0, tested.stdout
    assert "1 passed" in tested.stdout
