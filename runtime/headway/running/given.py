"""What declarations and settings say of one stage instance, read once."""

from dataclasses import dataclass, field

from headway.base.clock import Clock, SystemClock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.declared.stage import Stage, StageSettings
from headway.edges import kafka
from headway.owning.lives import new_life
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
    life: str = field(default_factory=new_life)
    clock: Clock = field(default_factory=SystemClock)

    @property
    def name(self) -> str:
        return self.stage.name

    @staticmethod
    def of(stage: Stage, settings: StageSettings) -> "Given":
        """All of it, from the files and from *settings*.

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
        )
