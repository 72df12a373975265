"""Groups as the cluster describes them, asked by clients that nobody waits for at the end."""

import time
from typing import Any, Final

from headway.desk.doctor.patient import Patient
from headway.edges import kafka
from headway.edges.admin import NO_COORDINATOR, UNTIL_CLOSED_SECONDS, close_beside

#: The first group of a cluster has no coordinator for some seconds.
_TRIES: Final = 5
_PAUSE_SECONDS: Final = 1.0


def described(patient: Patient, group: str) -> Any | None:
    """The group's description; None: no answer in the time there is.

    Raises:
        KafkaException: the cluster refuses.
    """
    for _ in range(_TRIES):
        admin = kafka.admin_client(patient.options)
        asked = admin.describe_consumer_groups(
            [group],
            include_authorized_operations=True,
            # One that times out in the client may end the process (ADR 31).
            request_timeout=UNTIL_CLOSED_SECONDS,
        )
        try:
            return asked[group].result(patient.patience / (_TRIES + 1) / 2)
        except TimeoutError:
            close_beside(admin)
        except kafka.KafkaException as error:
            if error.args[0].code() not in NO_COORDINATOR:
                raise
            time.sleep(_PAUSE_SECONDS)
    return None
