"""A job's progress, told in the terminal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from terminal import Terminal, bar


class Story:
    """Each status once, with the time since submission; between them a bar that moves."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._told = 0

    def tell(self, state: Mapping[str, Any]) -> None:
        """Tell what *state* has that was not told before."""
        began = _time(state["submitted_at"])
        for step in state["timeline"][self._told :]:
            seconds = (_time(step["at"]) - began).total_seconds()
            self._terminal.say(f"    {seconds:6.2f} s  {self._coloured(step['status'])}")
        self._told = len(state["timeline"])
        if not state["terminal"]:
            note = state.get("note") or state["status"]
            self._terminal.move(f"{bar(state['progress'])} {state['progress']:3d} %  {note}")

    def _coloured(self, status: str) -> str:
        colours = {"COMPLETED": "green", "FAILED": "red"}
        return self._terminal.paint(status, colours.get(status, "bold"))


def _time(iso: str) -> datetime:
    return datetime.fromisoformat(iso)
