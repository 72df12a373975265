"""The trace context of a record, as W3C has it: taken from its headers, put into a new one's.

Both are our own. What comes is whatever anybody writes: a context that is malformed is none, and
harms nobody. A record that is kept as it came (in a tier, as a dead letter) keeps its producer's
context too; where the trace of its job goes on is in a header of ours beside it, which counts
first.
"""

import re
from typing import Final, NamedTuple

from headway.edges.kafka import Headers

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"
#: Beside a record that is kept as it came.
KEPT: Final = "headway.traceparent"

#: Version, trace, span, flags; a later version may have more behind them.
_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_MOST_CHARACTERS: Final = 512
_MEMBER: Final = r"[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,256}"
_STATE: Final = re.compile(rf"[ \t]*(?:{_MEMBER})?(?:,[ \t]*(?:{_MEMBER})?)*")
_MOST_MEMBERS: Final = 32
_SAMPLED: Final = 1
#: Sampled, and that the trace's name is random: what version 00 knows.
_KNOWN_FLAGS: Final = 3


class TraceContext(NamedTuple):
    """A span of a trace; *state* is what tracing systems pass on to each other.

    *remote*: it was taken from headers, and is not a span of this process.
    """

    trace_id: int
    span_id: int
    flags: int
    state: str = ""
    remote: bool = True

    @property
    def sampled(self) -> bool:
        """Whether whoever began it records the trace."""
        return bool(self.flags & _SAMPLED)


def extract(headers: Headers) -> TraceContext | None:
    """The context in *headers*; None where there is none or it is malformed. Never raises.

    Of several the last counts, as of all headers that are passed on by somebody who adds one.
    """
    if not headers:
        return None
    parent = kept = None
    states = []
    for name, value in headers:
        if name == TRACEPARENT:
            parent = value
        elif name == KEPT:
            kept = value
        elif name == TRACESTATE:
            states.append(_text(value))
    found = (kept is not None and _parsed(_text(kept))) or _parsed(_text(parent))
    return found._replace(state=_state(states)) if found and states else found or None


def inject(context: TraceContext) -> Headers:
    """The headers by which a new record carries *context*."""
    headers: Headers = [(TRACEPARENT, _encoded(context))]
    return [*headers, (TRACESTATE, context.state.encode())] if context.state else headers


def beside(context: TraceContext) -> Headers:
    """The header by which a record that is kept as it came carries *context*."""
    return [(KEPT, _encoded(context))]


def _encoded(context: TraceContext) -> bytes:
    flags = context.flags & _KNOWN_FLAGS
    return b"00-%032x-%016x-%02x" % (context.trace_id, context.span_id, flags)


def _parsed(text: str) -> TraceContext | None:
    match = _FORM.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if match is None:
        return None
    version, trace, span, flags, more = match.groups()
    if version == "ff" or (version == "00" and more):
        return None
    trace_id, span_id = int(trace, 16), int(span, 16)
    if not trace_id or not span_id:
        return None
    return TraceContext(trace_id, span_id, int(flags, 16) & _KNOWN_FLAGS)


def _state(states: list[str]) -> str:
    """What several headers say together; nothing if it is not well-formed, or too long."""
    text = ",".join(states)
    fits = len(text) <= _MOST_CHARACTERS and text.count(",") < _MOST_MEMBERS
    return text if fits and _STATE.fullmatch(text) else ""


def _text(value: str | bytes | None) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
