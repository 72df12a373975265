"""The only broker stands still and is killed: the short form of `make chaos-broker`."""

import os

import pytest
from chaos import outage
from support.waiting import DEADLINE_SECONDS

from localkafka import BrokerMissing

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]


def test_services_outlive_their_broker_and_are_soon_whole_again() -> None:
    """Alive all the time, ended by SIGTERM even then, whole again, nothing lost."""
    # Given jobs at work, when the broker stands still for 10 s and is then killed once
    plan = outage.Plan(
        stop_seconds=10,
        kills=1,
        jobs=450,
        seed=1,
        whole_seconds=DEADLINE_SECONDS,
        exit_margin_seconds=DEADLINE_SECONDS,
    )
    try:
        code = outage.run(plan)
    except BrokerMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))

    # Then all that is in the printed table held
    assert code == 0
