"""Tests say what is given, when, and then."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

_TESTS = Path(__file__).parent
_THEN = re.compile(r"\bthen\b", re.IGNORECASE)


def test_every_test_says_what_then() -> None:
    """Its comments tell a reader the situation, what happens in it, and what follows."""
    # Given every module of tests
    modules = sorted(_TESTS.rglob("test_*.py"))
    assert modules

    # When its tests are looked through, then each has a comment that says what follows
    silent = [
        f"{path.relative_to(_TESTS).as_posix()}:{name}"
        for path in modules
        for name in _silent(path.read_text(encoding="utf-8"))
    ]
    assert silent == []


def test_a_test_that_does_not_say_it_is_found() -> None:
    """A rule that finds nothing would be no rule."""
    # Given a module with tests that say what then, and some where only other words do
    text = '''
def test_that_says_it():
    # When it is one, then it is one
    assert 1

async def test_that_says_it_in_the_middle():
    # Given one
    one = 1

    # Then it is one
    assert one

def test_that_is_silent():
    """Then nothing."""
    assert "# then nothing"

class Suite:
    def test_that_talks_of_authentication(self):
        # When it is strengthened
        assert 1

def helper():
    # Then nobody asks
    return 1
'''

    # When it is looked through, then these alone are found
    assert list(_silent(text)) == ["test_that_is_silent", "test_that_talks_of_authentication"]


def _silent(text: str) -> Iterator[str]:
    """The tests in *text* without a comment that says "then"."""
    told = [
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and _THEN.search(token.string)
    ]
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if node.name.startswith("test_") and not any(line in lines for line in told):
            yield node.name
