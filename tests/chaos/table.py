"""The last thing a run prints: what was asked, what was found, and whether it will do."""

import sys
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Table:
    """Rows of (what, found, wanted, whether it fits)."""

    title: str
    rows: list[tuple[str, str, str, bool]] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    def tell(self, line: str) -> None:
        """Progress, for who looks on."""
        print(f"[{time.monotonic() - self._since:6.1f} s] {line}", flush=True)

    def fact(self, what: str, found: object) -> None:
        self.rows.append((what, str(found), "", True))

    def none(self, what: str, found: list[str]) -> None:
        """There should be none of them."""
        self.rows.append((what, str(len(found)), "0", not found))
        self.details += [f"{what}: {item}" for item in found[:20]]

    def most(self, what: str, found: float, limit: float, unit: str = "s") -> None:
        fits = found <= limit
        self.rows.append((what, f"{found:.1f} {unit}", f"<= {limit:g} {unit}", fits))

    def end(self) -> int:
        """Print it; the exit code."""
        print(f"\n{self.title}, {time.monotonic() - self._since:.0f} s")
        for what, found, wanted, fits in self.rows:
            print(f"  {what:<52} {found:>14}  {wanted:<10} {'' if fits else 'FAILED'}")
        for line in self.details:
            print(f"  {line}")
        sys.stdout.flush()
        return 0 if all(fits for *_, fits in self.rows) else 1
