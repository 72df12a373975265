"""A store over TLS whose certificate an authority of one's own has signed."""

import datetime as dt
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from support.waiting import DEADLINE_SECONDS

_READ = """
from headway.edges.objectstore import ObjectStore
print(ObjectStore.open("s3://bucket").get_bytes("key").decode())
"""


class _Store(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        for name, value in (
            ("Content-Length", "5"),
            ("ETag", "tag"),
            ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"bytes")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nobody reads it."""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of this machine's own address, with its key behind it; signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "store")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path / "store.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return path


@pytest.fixture
def store(certificate: Path) -> Iterator[str]:
    """Where it is."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Store) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_authority_of_ones_own_is_taken_from_a_file(store: str, certificate: Path) -> None:
    """SSL_CERT_FILE, read at the start; without it the store is a stranger."""
    # Given a store that is known to nobody, when it is read with and without the file
    known = _read(store, SSL_CERT_FILE=str(certificate))
    unknown = _read(store)

    # Then it is read with the file alone
    assert known.stdout == "bytes\n", known.stderr
    assert "StoreUnavailable" in unknown.stderr


def _read(endpoint: str, **more: str) -> subprocess.CompletedProcess[str]:
    credentials = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
    told = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "here", **credentials, **more}
    return subprocess.run(
        [sys.executable, "-c", _READ],
        env={**os.environ, **told},
        capture_output=True,
        check=False,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
