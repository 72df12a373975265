"""The context of a trace in the headers of a record: taken out, put in, and never trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.edges.kafka import Headers
from headway.tracing.context import KEPT, TraceContext, beside, extract, inject

_TRACE, _SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
_GOOD = f"00-{_TRACE}-{_SPAN}-01"
_CONTEXT = TraceContext(int(_TRACE, 16), int(_SPAN, 16), 1)
_IDS = st.integers(1, 2**64 - 1)


@pytest.mark.parametrize(
    "value",
    [
        _GOOD.encode(),
        _GOOD,
        f"cc-{_TRACE}-{_SPAN}-01-what-a-later-version-adds".encode(),
        f"cc-{_TRACE}-{_SPAN}-01".encode(),
    ],
)
def test_a_context_is_read_as_w3c_writes_it(value: str | bytes) -> None:
    """Later versions begin as this one does, and may say more."""
    # Given headers with a context, when it is taken out, then it names trace and span
    assert extract([("other", b"x"), ("traceparent", value)]) == _CONTEXT


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b"00",
        _GOOD[:-1].encode(),
        f"{_GOOD}-more".encode(),
        _GOOD.upper().encode(),
        f" {_GOOD}".encode(),
        f"{_GOOD}\n".encode(),
        f"ff-{_TRACE}-{_SPAN}-01".encode(),
        f"00-{'0' * 32}-{_SPAN}-01".encode(),
        f"00-{_TRACE}-{'0' * 16}-01".encode(),
        f"00-{_TRACE}-{_SPAN}-0g".encode(),
        "00-" + "٣" * 32 + f"-{_SPAN}-01",
        f"cc-{_TRACE}-{_SPAN}-01-".encode() + b"x" * 10_000,
    ],
)
def test_a_malformed_context_is_none(value: str | bytes | None) -> None:
    """Anybody may write a header; what is no context changes nothing."""
    # Given a header that is none, when a context is looked for, then there is none
    assert extract([("traceparent", value), ("tracestate", b"a=1")]) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["traceparent", "tracestate", KEPT, "x"]),
            st.none() | st.text() | st.binary(),
        )
    )
)
def test_whatever_headers_say_nothing_is_raised(headers: Headers) -> None:
    """A record hurts nothing but its own job."""
    # Given any headers, when a context is looked for, then what there is can be written again
    context = extract(headers)
    assert context is None or extract(inject(context)) == context


@given(
    st.builds(
        TraceContext,
        st.integers(1, 2**128 - 1),
        _IDS,
        st.sampled_from([0, 1, 2, 3]),
        st.just(""),
        st.just(True),  # noqa: FBT003 - as it is read again
    )
)
def test_what_is_put_in_is_taken_out(context: TraceContext) -> None:
    """For a new record and beside one that is kept as it came."""
    # Given a context, when it is put into headers, then it is found there
    assert extract(inject(context)) == context
    assert extract(beside(context)) == context


def test_what_lies_beside_a_record_counts_before_what_it_came_with() -> None:
    """A try that failed is where the next one goes on; a malformed one leaves the producer's."""
    # Given a record of one span, and beside it another, or none that can be read
    later = TraceContext(_CONTEXT.trace_id, 7, 1)
    came: Headers = [("traceparent", _GOOD.encode()), ("tracestate", b"a=1")]

    # When the context is looked for, then it is the latter, with what systems pass on
    assert extract([*came, *beside(later)]) == later._replace(state="a=1")
    assert extract([*came, (KEPT, b"garbage")]) == _CONTEXT._replace(state="a=1")


@pytest.mark.parametrize(
    ("states", "passed_on"),
    [
        ([b"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ([b"a=1", b"b=2"], "a=1,b=2"),
        ([b"tenant@system=x y"], "tenant@system=x y"),
        ([b"A=1"], ""),
        ([b"a=1,b"], ""),
        ([b"a=\xff"], ""),
        ([b"a=" + b"x" * 600], ""),
        ([b",".join(b"k%d=1" % number for number in range(33))], ""),
    ],
)
def test_what_systems_pass_on_goes_along_if_it_is_well_formed(
    states: list[bytes], passed_on: str
) -> None:
    """A tracestate that is not costs itself, not its trace."""
    # Given a context with what systems pass on
    headers: Headers = [("traceparent", _GOOD.encode())]
    headers += [("tracestate", state) for state in states]

    # When it is taken out and put in again, then that is as it was, or gone
    context = extract(headers)
    assert context == _CONTEXT._replace(state=passed_on)
    assert dict(inject(context)).get("tracestate", b"") == passed_on.encode()
