"""Whose a record is and what it says, as far as whoever wrote it can be believed."""

from collections.abc import Mapping
from typing import Any

from headway.auditing.facts import Position
from headway.base.errors import DecodeError, UnknownSchema
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges.kafka import Message
from headway.wire.carried import CarriedRecords
from headway.wire.codec import Codec, split_version
from headway.wire.envelope import checked, checked_attempt
from headway.wire.records import job_id_from


class Opening:
    """Reads records of topics that go by their logical names; safe to share by threads."""

    def __init__(self, codec: Codec, pipeline: Pipeline, catalog: Catalog) -> None:
        self.codec = codec
        #: What a stage carries with a record; raises DecodeError if it is nothing.
        self.carried = CarriedRecords(codec).of
        self._catalog = catalog
        self._first = pipeline.source

    def record(self, topic: str) -> str:
        """The record that *topic* is declared to hold."""
        return split_version(self._catalog[topic].value)[0]

    def opened(self, message: Message, topic: str) -> tuple[str | None, dict[str, Any] | None]:
        """Whose record of *topic*, a stage's source, it is, and its value if the stage opens it."""
        named = job_id_from(message.key())
        try:
            value = self.codec.decode(message.value(), self.record(topic))
        except DecodeError:
            return named, None
        told = value if topic == self._first else value["job"]
        inside = job_id_from(str(told["job_id"]).encode("utf-8", "replace"))
        try:
            checked_attempt(told["attempt"]) if told is value else checked(told)
        except DecodeError:
            return named or inside, None
        return named or inside, value if named == inside else None

    def told(self, message: Message, topic: str) -> dict[str, Any] | None:
        """The value of a record that a stage wrote; None if it is damaged.

        Raises:
            UnknownSchema: by a newer release.
        """
        try:
            return self.codec.decode(message.value(), self.record(topic))
        except UnknownSchema:
            raise
        except DecodeError:
            return None

    def named(self, position: Mapping[str, Any] | None) -> Position | None:
        """The place that a state names."""
        return None if position is None else self.place(**position)

    def place(self, topic: str, partition: int, offset: int) -> Position:
        """That place, its *topic* without the deployment's prefix."""
        return Position(topic.removeprefix(self._catalog.prefix), partition, offset)
