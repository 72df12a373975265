"""Where the reader leaves what stands, for whoever asks."""

from status.schedules.board import Standing


class Notice:
    """Written by one thread, read by any; None until all that is there was read once."""

    def __init__(self) -> None:
        self.standing: Standing | None = None

    def put(self, standing: Standing | None) -> None:
        self.standing = standing
