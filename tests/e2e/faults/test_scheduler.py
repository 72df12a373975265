"""Jobs that wait for their time while schedulers are killed: the short form of the chaos."""

from pathlib import Path

import pytest
from chaos.scheduling.run import Form, run_on

from localkafka import RunningBroker

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]


def test_what_waits_is_done_once_whatever_schedulers_are_killed_and_stopped(
    broker: RunningBroker, tmp_path: Path
) -> None:
    """None is lost, none is early, none is commanded twice."""
    # Given 500 jobs that come due within ten seconds, and two schedulers

    # When one is killed and one stopped for about as long as the group waits
    form = Form(jobs=500, seconds=10, kills=1, stops=1, broker_kills=0, instances=2, judged=False)
    code = run_on(form, broker.bootstrap_servers, tmp_path)

    # Then all that is in the printed table held
    assert code == 0
