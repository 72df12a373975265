"""By which names a service answers, and from whose pages it takes requests."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import httpx
import pytest
from starlette.responses import JSONResponse

from headway.serving.trust import Trust, listed

HOSTS = ("reports.example.com", ".example.org")
ORIGINS = ("https://page.example",)


def _ask(
    method: str = "POST",
    path: str = "/generate-file",
    *,
    hosts: tuple[str, ...] = HOSTS,
    origins: tuple[str, ...] = ORIGINS,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> httpx.Response:
    async def exchange() -> httpx.Response:
        app = Trust(JSONResponse({}), hosts=hosts, origins=origins)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service:8080") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(exchange())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8080",
        "10.1.2.3",
        "[::1]:8080",
        "[fe80::1]",
        "localhost:8080",
        "LOCALHOST",
        "gateway:8080",
        "gateway.headway.svc",
        "gateway.headway.svc.cluster.local:8080",
        "host.docker.internal",
        "printer.local.",
        "reports.example.com",
        "Reports.Example.com:443",
        "example.org",
        "a.b.example.org",
    ],
)
def test_an_address_a_private_name_or_a_listed_one_is_answered(host: str) -> None:
    """Probes by address, port-forwards, the demo and services in a cluster need no setting."""
    # Given such a name, when the service is called by it, then it answers
    assert _ask("GET", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "reports.example.com.evil.example",
        "evilexample.org",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "svc.evil.example",
        "[evil.example]",
        "a:b:c",
        ".",
        "example.com",
    ],
)
def test_a_name_that_anybody_may_own_is_refused(host: str) -> None:
    """421 names the setting; a page that points its own name here gets nothing (DNS rebinding)."""
    # Given a name that is neither private nor listed, when the service is called by it
    answer = _ask("GET", headers={"Host": host})

    # Then it refuses, and names what an operator may do
    assert answer.status_code == 421
    assert answer.json()["type"] == "urn:headway:problem:host-not-allowed"
    assert "ALLOWED_HOSTS" in answer.json()["detail"]


def test_any_name_may_be_allowed() -> None:
    """`*` is for whoever checks names elsewhere."""
    # Given a service that may be called anything, when it is, then it answers
    assert _ask("GET", hosts=("*",), headers={"Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_answered_whatever_name_is_called(path: str) -> None:
    """A probe with a strange Host must not restart a service that is well."""
    # Given a name that is not known, when health is asked for by it, then it is told
    assert _ask("GET", path, headers={"Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://service:8080"},
        {"Origin": "https://reports.example.com", "Host": "reports.example.com"},
        {"Origin": "https://reports.example.com:443", "Host": "reports.example.com"},
        {"Origin": "http://localhost", "Host": "localhost:80"},
        {"Origin": "https://page.example"},
        {"Origin": "https://Page.example/"},
        {"Origin": "https://behind.a.proxy", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_request_of_no_page_of_its_own_page_or_a_listed_one_is_taken(
    headers: dict[str, str],
) -> None:
    """A program tells no origin; a browser tells the page's, and whether it is the same."""
    # Given a request of a page that is trusted, or of none, when it comes, then it is taken
    assert _ask(headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://page.example.evil.example"},
        {"Origin": "http://page.example"},
        {"Origin": "http://service:9999"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://"},
        {"Origin": "service:8080"},
        {"Origin": "http://[evil"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_request_of_another_page_is_refused(headers: dict[str, str]) -> None:
    """403: any page can make a browser send a form; what it wants is not done."""
    # Given a request of a page that is not trusted, when it comes
    answer = _ask(headers=headers)

    # Then it is refused
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:headway:problem:origin-not-allowed"


def test_reading_is_not_asked_for_its_origin() -> None:
    """A browser keeps what is read from other pages by itself."""
    # Given a page that is not trusted, when it only reads, then it is answered
    assert _ask("GET", headers={"Origin": "https://evil.example"}).status_code == 200


def test_pages_of_any_origin_may_be_allowed() -> None:
    """With `*` even the page without an origin."""
    # Given a service that takes requests of any page, when one comes, then it is taken
    assert _ask(origins=("*",), headers={"Origin": "null"}).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/generate-file"])
def test_no_answer_is_sniffed(path: str) -> None:
    """Data is never taken for a script, refusals included."""
    # Given a request that is answered and one that is refused, when they are sent
    answers = [_ask("GET", path), _ask("POST", path, headers={"Origin": "null"})]

    # Then both answers say that they are what they say
    assert {a.headers["x-content-type-options"] for a in answers} == {"nosniff"}


def test_a_list_in_a_setting_ignores_blanks_and_case() -> None:
    """As operators write them."""
    # Given such a list, when it is read, then its parts are these
    assert listed(" A.example , ,b") == ("a.example", "b")
