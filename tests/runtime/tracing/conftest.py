"""Spans that are kept in this process, as the SDK has finished them."""

import pytest
from opentelemetry.sdk.trace.sampling import Sampler
from support.tracing.memory import USUAL, Finished, remembering

from headway.tracing.sdk import SdkSpans


@pytest.fixture
def sampler() -> Sampler:
    """A test may have another."""
    return USUAL


@pytest.fixture
def remembered(sampler: Sampler) -> tuple[SdkSpans, Finished]:
    return remembering(sampler)


@pytest.fixture
def spans(remembered: tuple[SdkSpans, Finished]) -> SdkSpans:
    """Begins spans that `finished` shows once they have ended."""
    return remembered[0]


@pytest.fixture
def finished(remembered: tuple[SdkSpans, Finished]) -> Finished:
    return remembered[1]
