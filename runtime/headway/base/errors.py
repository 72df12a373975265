"""Every error the product raises on purpose, split first by the decision it forces.

HeadwayError
├── TransientError        try again: the same input may succeed later
│   ├── StoreUnavailable
│   ├── TimedOut
│   └── WorkerCrashed
├── PermanentError        dead letter: the same input fails every time
│   ├── DecodeError
│   │   └── UnknownSchema
│   ├── ObjectNotFound
│   └── RecordRefused
├── Abandoned             stop: somebody else does this work now
├── Cancelled             stop: nobody wants this work any more
├── SettingsError         refuse to start: the operator has to act
│   └── TopologyError
└── StageHalted           stop the process: going on would do harm
"""


class HeadwayError(Exception):
    """Root of every error raised on purpose; its message says what, where and what to do."""


class TransientError(HeadwayError):
    """Raised when the same work may succeed later: a dependency is away or slow."""


class StoreUnavailable(TransientError):  # noqa: N818 - names the condition, as the field does
    """Raised when the object store did not answer or refused for a passing reason."""


class TimedOut(TransientError):  # noqa: N818 - names the condition, as the field does
    """Raised when a call ran longer than its stage allows and was ended."""


class WorkerCrashed(TransientError):  # noqa: N818 - names the condition, as the field does
    """Raised when the process that worked on a job ended before the job did."""


class PermanentError(HeadwayError):
    """Raised when the same input can never succeed; the message is shown to the user as it is."""


class DecodeError(PermanentError):
    """Raised when bytes are no record of a known schema."""


class UnknownSchema(DecodeError):  # noqa: N818 - names the condition, as the field does
    """Raised when a value names a schema this process does not know: a newer one wrote it.

    Whoever reads the product's own topics stops before such a record; skipping it would lose
    what a newer release has said.
    """

    def __init__(self, message: str, fingerprint: str = "") -> None:
        super().__init__(message)
        self.fingerprint = fingerprint


class ObjectNotFound(PermanentError):  # noqa: N818 - names the condition, as the field does
    """Raised when a key has no object in the store."""


class RecordRefused(PermanentError):  # noqa: N818 - names the condition, as the field does
    """Raised when the cluster does not take what a stage has to say of a job."""


class Abandoned(HeadwayError):  # noqa: N818 - names the condition, as the field does
    """Raised inside a handler whose partition was lost; let it propagate."""


class Cancelled(HeadwayError):  # noqa: N818 - names the condition, as the field does
    """Raised inside a handler whose job somebody has cancelled; let it propagate."""


class SettingsError(HeadwayError):
    """Raised at start with every fault of the environment at once."""


class TopologyError(SettingsError):
    """Raised when the cluster's topics are not what the declarations say."""


class StageHalted(HeadwayError):  # noqa: N818 - names the condition, as the field does
    """Raised when a stage cannot go on safely; the process exits so an operator sees it."""
