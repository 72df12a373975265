"""A store of each kind: a folder, memory, S3 on loopback, and one whose writes stay aside."""

import logging
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from headway.edges.objectstore import ObjectStore
from headway.edges.overlay import Overlay


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_environment(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return s3_endpoint


@pytest.fixture
def s3_url(s3_environment: str) -> str:
    bucket = f"bucket-{uuid.uuid4().hex}"
    asked = urllib.request.Request(f"{s3_environment}/{bucket}", method="PUT")  # noqa: S310 - loopback
    with urllib.request.urlopen(asked):  # noqa: S310 - loopback
        return f"s3://{bucket}/some/prefix"


@pytest.fixture(params=["file", "memory", "s3", "overlay"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "s3":
        return ObjectStore.open(request.getfixturevalue("s3_url"))
    if request.param == "overlay":
        return Overlay(ObjectStore.open("memory://"), ObjectStore.open("memory://"))
    if request.param == "memory":
        return ObjectStore.open("memory://")
    return ObjectStore.open(f"file://{tmp_path}/store")
