"""The fields of one rule as declared: read by name, every fault noted, none raised."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from headway.declared.backoff import seconds
from scheduler.declared.crontab import Crontab

T = TypeVar("T")

_MS = 1000


class Fields:
    """Reads *given*; what is wrong goes to *faults*, in the words of whoever has to mend it.

    Whatever is read of a field that is missing or wrong is a value that does no harm: with a fault
    the file is refused.
    """

    def __init__(self, place: str, given: Mapping[str, Any], faults: list[str]) -> None:
        self._place = place
        self._given = given
        self._faults = faults
        self._read: set[str] = set()

    def fault(self, name: str, words: str) -> None:
        """Field *name* is wrong: why, and what to write instead."""
        self._faults.append(f"{self._place}: {name}: {words}")

    def text(self, name: str, default: str | None = None) -> str:
        """Some words; without *default* there have to be some."""
        return self._one(name, default, "", _text)

    def texts(self, name: str) -> tuple[str, ...]:
        """One word, or a list of them; none if it is left out."""
        return self._one(name, (), (), _texts)

    def choice(self, name: str, among: Collection[str], default: str | None = None) -> str:
        """One of *among*."""
        found = self.text(name, default)
        self._require(name, [found] if found != default else [], among)
        return found

    def choices(self, name: str, among: Collection[str]) -> tuple[str, ...]:
        """Some of *among*."""
        found = self.texts(name)
        self._require(name, found, among)
        return found

    def number(
        self, name: str, *, least: float, most: float, default: float | None = None
    ) -> float:
        def read(value: object) -> float:
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            if not fits or not least <= value <= most:  # type: ignore[operator]
                raise ValueError(f"{value!r} is no number from {least:g} to {most:g}")
            return float(value)  # type: ignore[arg-type]

        return self._one(name, default, least, read)

    def flag(self, name: str, *, default: bool) -> bool:
        """Yes or no."""
        return self._one(name, default, default, _flag)

    def duration_ms(self, name: str, default: int | None = None) -> int:
        """`10 min`, `24 h`."""
        return self._one(name, default, 0, _duration_ms)

    def durations_ms(self, name: str) -> tuple[int, ...]:
        """One or more of them."""
        none: tuple[int, ...] = ()
        found = self._one(name, None, none, lambda value: tuple(map(_duration_ms, _listed(value))))
        if self._given.get(name) == []:
            self.fault(name, "there has to be one, such as [5 min, 1 h]")
        return found

    def crontab(self) -> Crontab:
        """`at` and `zone`."""
        at, zone = self.text("at"), self.text("zone", "UTC")
        for name, said in (("zone", ("0 0 * * *", zone)), ("at", (at or "0 0 * * *", "UTC"))):
            try:
                Crontab.of(*said)
            except ValueError as error:
                self.fault(name, str(error))
        return Crontab(at, zone)

    def inside(self, name: str) -> "Fields":
        """The fields of a field."""
        nothing: Mapping[str, Any] = {}
        given = self._one(name, nothing, nothing, _mapping)
        return Fields(f"{self._place}: {name}", given, self._faults)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A field's own fields, as they are."""
        return self._one(name, None, {}, _mapping)

    def end(self) -> None:
        """To be called when all that there is was read: whatever else is declared is a fault."""
        for name in sorted(map(str, self._given.keys() - self._read)):
            known = ", ".join(sorted(self._read))
            self.fault(name, f"there is no such field; there are {known}")

    def _one(self, name: str, default: T | None, harmless: T, read: Callable[[Any], T]) -> T:
        self._read.add(name)
        if name not in self._given:
            if default is None:
                self.fault(name, "has to be said")
            return harmless if default is None else default
        try:
            return read(self._given[name])
        except ValueError as error:
            self.fault(name, str(error))
            return harmless

    def _require(self, name: str, found: Collection[str], among: Collection[str]) -> None:
        for each in found:
            if each and each not in among:
                self.fault(name, f"{each!r} is none of {', '.join(sorted(among))}")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} are no words")
    return value.strip()


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, _listed(value)))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - one kind of fault
    return value


def _duration_ms(value: object) -> int:
    return round(seconds(str(value)) * _MS)


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} are no fields")  # noqa: TRY004 - one kind of fault
    return value
