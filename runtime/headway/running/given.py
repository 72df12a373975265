"""What declarations and settings say of one stage instance, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from headway.base.clock import Clock, SystemClock
from headway.base.errors import SettingsError
from headway.commands.asking import Asking
from headway.commands.executing import Executing, executing
from headway.declared.backoff import Backoff
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.declared.questions import KEY
from headway.declared.stage import Stage, StageSettings
from headway.edges import kafka
from headway.owning.inlet import Inlet
from headway.owning.lives import new_life
from headway.tracing.jobtrace import Traces
from headway.tracing.spans import Spans
from headway.wire.codec import Codec
from headway.wire.records import StageRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """*life* names this process in what it commits; *group* is the stage's, with its prefix."""

    stage: Stage
    settings: StageSettings
    options: kafka.Options
    catalog: Catalog
    pipeline: Pipeline
    declared: StageDeclaration
    codec: Codec
    records: StageRecords
    group: str
    spans: Spans | None = None
    life: str = field(default_factory=new_life)
    clock: Clock = field(default_factory=SystemClock)

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def inlets(self) -> list[Inlet]:
        """All that the stage reads in its group."""
        source = self.catalog[self.declared.source]
        commands = self.catalog[self.pipeline.commands]
        tiers = [self.catalog[topic] for topic in self.declared.retry_topics]
        held = self.catalog[self.declared.held]
        return [
            Inlet(source.name, source.partitions, opens=True),
            *(Inlet(tier.name, tier.partitions, waits=True) for tier in tiers),
            Inlet(held.name, held.partitions, holds=True),
            Inlet(commands.name, commands.partitions, orders=True),
        ]

    @property
    def parking(self) -> tuple[str, ...]:
        """Where records lie that are given up, and those that wait, by the number of the tier."""
        topics = (self.declared.dead_letters, *self.declared.retry_topics)
        return tuple(self.catalog[topic].name for topic in topics)

    def executing(self, asking: Asking) -> Mapping[str, Executing]:
        """What commands make of attempts that this stage has ended, by their kind."""
        declared = self.declared, self.pipeline, self.catalog, self.codec
        return executing(*declared, asking=asking, clock=self.clock)

    @property
    def in_order(self) -> bool:
        """Whether jobs of one order key are worked on one after another.

        Raises:
            SettingsError: the deployment says neither yes nor no.
        """
        try:
            return self.pipeline.questions.changed(self.settings.ordering) == KEY
        except ValueError as error:
            raise SettingsError(f"ORDERING: {error}") from error

    @property
    def traces(self) -> Traces | None:
        """Who begins the traces of records; the first stage alone those of jobs without one."""
        if self.spans is None:
            return None
        opens = self.declared.source == self.pipeline.source
        opening = self.catalog[self.declared.source].name if opens else None
        return Traces(self.spans, stage=self.name, group=self.group, opening=opening)

    @property
    def backoff(self) -> Backoff:
        """The policy of later tries: as declared, but for what the deployment says.

        Raises:
            SettingsError: the deployment's delays do not fit the declared ones.
        """
        declared, settings = self.declared.retry, self.settings
        try:
            return declared.changed(settings.retry_delays, settings.retry_tries)
        except ValueError as error:
            raise SettingsError(f"RETRY_DELAYS: {error}") from error

    @staticmethod
    def of(
        stage: Stage,
        settings: StageSettings,
        spans: Spans | None = None,
        clock: Clock | None = None,
    ) -> "Given":
        """All of it, from the files and from *settings*; *spans* where traces are switched on.

        Raises:
            KeyError: the pipeline declares no stage of that name.
        """
        catalog, pipeline, codec = Catalog.of(settings), Pipeline.load(), Codec()
        declared = pipeline.stage(stage.name)
        return Given(
            stage=stage,
            settings=settings,
            options=kafka.client_options(settings),
            catalog=catalog,
            pipeline=pipeline,
            declared=declared,
            codec=codec,
            records=StageRecords(codec, pipeline, catalog, declared),
            group=settings.topic_prefix + stage.name,
            spans=spans,
            clock=clock or SystemClock(),
        )
