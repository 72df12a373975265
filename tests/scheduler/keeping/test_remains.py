"""What is left of a forgotten job is found where others put it."""

from support.clock import ManualClock

from gateway.admitting.idempotency import Claims
from headway.edges.objectstore import ObjectStore
from scheduler.keeping.remains import Known, Remains


def test_a_job_that_no_store_can_have_a_folder_of_has_nothing_to_remove() -> None:
    """Two dots are a job_id as good as any."""
    # Given such a job, when what is left of it is removed, then nothing is
    store = ObjectStore.open("memory://")
    store.put_bytes("jobs/a/report.html", b"x")
    Remains(lambda: store, lambda *_: None).remove("..", Known())
    assert store.keys("jobs") == ["jobs/a/report.html"]


def test_a_key_that_the_gateway_holds_is_free_again() -> None:
    """It says in the store for which job it holds it."""
    # Given a submission that was answered under its client's key
    store = ObjectStore.open("memory://")
    claims = Claims(store, clock=ManualClock(), claim_seconds=60)
    claim = claims.take("a key/of mine", fingerprint="f", job_id="job-1")
    claims.settle(claim, {"job_id": "job-1"})

    # When what is left of the job is removed
    Remains(lambda: store, lambda *_: None).remove("job-1", Known())

    # Then the key stands for nothing any more
    assert (store.keys("idempotency"), store.keys("idempotency-of")) == ([], [])
    assert claims.take("a key/of mine", fingerprint="g", job_id="job-2").job_id == "job-2"
