"""What a worker process is told before its first job."""

from dataclasses import dataclass

from headway.declared.stage import StageSettings


@dataclass(frozen=True, slots=True)
class Plan:
    """How to make the handler: `reference` is `module:function`, called with the settings.

    `label` is what users know the stage as.
    """

    stage: str
    label: str
    reference: str
    settings: StageSettings
