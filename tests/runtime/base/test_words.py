"""Words of users and handlers: whatever is said fits a record afterwards, and nothing raises."""

import pytest

from headway.base.words import MOST_MESSAGE_CHARACTERS, bounded, class_name, message_of


class _Mute:
    """Refuses to say anything, in the way given."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __str__(self) -> str:
        raise self._error


class _Sly(str):
    """A text that answers every question about itself wrongly."""

    __slots__ = ()

    def __len__(self) -> int:
        raise ValueError

    def __getitem__(self, _: object) -> str:
        raise ValueError

    def __str__(self) -> str:
        return self

    def encode(self, *_: object) -> bytes:
        raise ValueError

    def isascii(self) -> bool:
        raise ValueError


class _Masked(type):
    """A class that hides its name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]  # the point of it
        raise ValueError


class _Hidden(Exception, metaclass=_Masked):  # noqa: N818 - its name is the point
    pass


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Größe 📊", "Größe 📊"),
        ("", ""),
        (None, "None"),
        (b"bytes", "b'bytes'"),
        (5, "5"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("\udc00", "\ufffd"),
        ("pair \ud83d\udcca", "pair 📊"),
        ("nul \x00", "nul \x00"),
        (_Mute(ValueError()), "(_Mute without words: its __str__ raises ValueError)"),
        (_Mute(SystemExit(3)), "(_Mute without words: its __str__ raises SystemExit)"),
        (_Mute(RecursionError()), "(_Mute without words: its __str__ raises RecursionError)"),
    ],
)
def test_whatever_is_said_becomes_text_that_can_be_encoded(said: object, told: str) -> None:
    """Text is kept where it can be; what no record can carry is replaced, never refused."""
    # Given something a handler says, when it is made fit, then it is text of the plain kind
    found = bounded(said, 100)
    assert (found, type(found)) == (told, str)
    assert found.encode().decode() == found


@pytest.mark.parametrize("character", ["x", "ü", "📊", "\ud800"])
def test_more_than_the_bound_is_cut_and_shown_to_be(character: str) -> None:
    """A reader sees that there was more."""
    # Given text at the bound and above it
    # When it is bounded, then the one stands whole and the other ends in an ellipsis
    assert len(bounded(character * 10, 10)) == 10
    assert "…" not in bounded(character * 10, 10)
    cut = bounded(character * 11, 10)
    assert (len(cut), cut[-1]) == (10, "…")
    assert len(cut.encode()) <= 40


def test_words_about_words_are_bounded_too() -> None:
    """What is told in place of text that cannot be had obeys the same bound."""
    # Given something that says nothing, when the bound is tight, then it is kept
    assert len(bounded(_Mute(ValueError()), 10)) == 10


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("Row 3 is odd."), "Row 3 is odd."),
        (MemoryError(), "MemoryError"),
        (SystemExit(137), "137"),
        (ValueError("x" * 5000), "x" * (MOST_MESSAGE_CHARACTERS - 1) + "…"),
    ],
)
def test_an_error_is_told_in_its_words_or_by_its_class(error: BaseException, told: str) -> None:
    """A message is never empty, and never so long that the record does not fit."""
    # Given an error, when it is told, then in a bounded number of characters
    assert message_of(error) == told


def test_nothing_an_author_can_redefine_is_believed() -> None:
    """A text's own methods and a class's own name are the language's, not the author's."""
    # Given a text and an exception that lie about themselves
    # When they are made fit, then both are told as they are
    found = bounded(_Sly("sly"), 100)
    assert (found, type(found)) == ("sly", str)
    assert message_of(_Hidden()) == "_Hidden"


def test_the_name_of_a_class_is_bounded() -> None:
    """Names are made by programs too."""
    # Given a class with a name of 100,000 characters, when it is told, then with 128
    named = type("E" * 100_000, (Exception,), {})
    assert len(class_name(named())) == 128
