"""When a stage may begin jobs that can wait: a window that opens and closes by the calendar."""

from headway.declared.window.window import Window

__all__ = ["Window"]
