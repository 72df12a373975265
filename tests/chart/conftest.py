"""Every kind of values on every version of Kubernetes; rendered side by side, once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from support.chart.cases import CASES, OWN
from support.chart.render import VERSIONS, Rendered, helm, render

MATRIX = list(product(CASES, VERSIONS))


@pytest.fixture(scope="session")
def matrix() -> dict[tuple[str, str], Rendered]:
    """A release of each kind of values, by it and the version."""
    helm()
    with ThreadPoolExecutor() as pool:
        releases = pool.map(lambda case: render(CASES[case[0]], version=case[1]), MATRIX)
        return dict(zip(MATRIX, releases, strict=True))


@pytest.fixture(params=MATRIX, ids="-".join)
def release(request: pytest.FixtureRequest, matrix: dict[tuple[str, str], Rendered]) -> Rendered:
    """One of those."""
    return matrix[request.param]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, matrix: dict[tuple[str, str], Rendered]) -> Rendered:
    """One kind of values, on the newest version: for what no version changes."""
    return matrix[request.param, VERSIONS[-1]]


@pytest.fixture
def own() -> Rendered:
    """A release on somebody's own Kafka and store that says nothing else."""
    return render(OWN)
