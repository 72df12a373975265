"""How users find the services, and what the services say of each other."""

import re
from typing import Any

import pytest
from support.chart.cases import CASES, OWN
from support.chart.render import Object, Refused, Rendered, notes, render

_ONE = {"gateway": "jobs.example.com", "status": "jobs.example.com"}
_TWO = {"gateway": "submit.example.com", "status": "jobs.example.com"}
_ROUTED = {"gatewayAPI": {"enabled": True, "parentRefs": [{"name": "public"}]}}
_NGINX = "nginx.ingress.kubernetes.io/"


def _told(release: Rendered, service: str) -> dict[str, str]:
    return release.pod(service).environment()


def _paths(release: Rendered, service: str) -> list[str]:
    (rule,) = release.of("Ingress")[service]["spec"]["rules"]
    assert all(
        each["backend"]["service"]["name"] == f"jobs-headway-{service}"
        for each in rule["http"]["paths"]
    )
    return [each["path"] for each in rule["http"]["paths"]]


def test_at_one_host_the_page_and_the_gateway_are_of_one_origin() -> None:
    """No page of another origin has to be let in."""
    # Given one host, when the services are asked what they are told
    release = render({**OWN, **_ROUTED, "hosts": _ONE})
    gateway, status = _told(release, "gateway"), _told(release, "status")

    # Then both name it, and take it for their own
    assert gateway["STATUS_URL"] == status["GATEWAY_URL"] == "https://jobs.example.com"
    assert gateway["ALLOWED_HOSTS"] == status["ALLOWED_HOSTS"] == "jobs.example.com"
    assert "ALLOWED_ORIGINS" not in gateway


def test_at_two_hosts_the_gateway_lets_the_page_in() -> None:
    """And what values allow beside it."""
    # Given two hosts, and origins and names that values allow
    own = {"ALLOWED_ORIGINS": "https://a.example.com", "ALLOWED_HOSTS": ".example.org"}
    values = {**OWN, **_ROUTED, "hosts": _TWO, "gateway": {"settings": own}}

    # When the gateway is asked what it is told, then it has both
    gateway = _told(render(values), "gateway")
    assert gateway["ALLOWED_ORIGINS"] == "https://a.example.com,https://jobs.example.com"
    assert gateway["ALLOWED_HOSTS"] == ".example.org,submit.example.com"
    assert gateway["STATUS_URL"] == "https://jobs.example.com"


def test_an_address_that_is_said_wins() -> None:
    """Behind a proxy of somebody's own, at a path."""
    # Given an address with a path, when the services are asked, then they name it
    values = {**OWN, "status": {"url": "https://example.com/jobs"}}
    gateway = _told(render(values), "gateway")
    assert gateway["STATUS_URL"] == "https://example.com/jobs"
    assert gateway["ALLOWED_ORIGINS"] == "https://example.com"


def test_without_hosts_the_services_are_where_the_notes_say(own: Rendered) -> None:
    """Two forwarded ports are all that a try needs."""
    # Given a release without hosts, when notes and services are compared
    told = notes(OWN)

    # Then the ports that are forwarded are the addresses that the services name
    assert "port-forward service/jobs-headway-status 8081:80" in told
    assert "port-forward service/jobs-headway-gateway 8080:80" in told
    assert _told(own, "gateway")["STATUS_URL"] == "http://localhost:8081"
    assert _told(own, "gateway")["ALLOWED_ORIGINS"] == "http://localhost:8081"
    assert _told(own, "status")["GATEWAY_URL"] == "http://localhost:8080"


def test_notes_say_what_to_open() -> None:
    """The page's address, where there is one."""
    # Given hosts, when the notes are read, then they name them and forward nothing
    told = notes({**OWN, **_ROUTED, "hosts": _TWO})
    assert "https://jobs.example.com" in told
    assert "curl -F file=@yours.csv https://submit.example.com/generate-file" in told
    assert "port-forward" not in told


@pytest.mark.parametrize("name", CASES)
def test_the_gateway_asks_status_inside_the_cluster(name: str) -> None:
    """By a name below .svc, which status takes without being told."""
    # Given a release, when the gateway is asked where, then it is the Service of status
    release = render(CASES[name])
    url = _told(release, "gateway")["STATUS_API_URL"]
    assert url == "http://jobs-headway-status.reports.svc:80"
    assert release.of("Service")["status"]["spec"]["ports"][0]["port"] == 80


def test_nginx_is_told_not_to_buffer() -> None:
    """Events are sent on as they come, files are taken as they come."""
    # Given an Ingress for nginx, when its annotations are read, then they say so
    ingresses = render(CASES["own-kafka"]).of("Ingress")
    events = ingresses["status"]["metadata"]["annotations"]
    files = ingresses["gateway"]["metadata"]["annotations"]
    assert events[f"{_NGINX}proxy-buffering"] == "off"
    assert int(events[f"{_NGINX}proxy-read-timeout"]) >= 60
    assert files[f"{_NGINX}proxy-request-buffering"] == "off"
    assert files[f"{_NGINX}proxy-body-size"] == "0"
    assert files[f"{_NGINX}proxy-read-timeout"] == "600"


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/generate-file", "gateway"),
        ("/jobs/retry", "gateway"),
        ("/jobs/86e4f4f9-1/retry", "gateway"),
        ("/jobs/86e4f4f9-1/cancel", "gateway"),
        ("/jobs/86e4f4f9-1/release", "gateway"),
        ("/jobs/86e4f4f9-1/reprocess", "gateway"),
        ("/jobs/86e4f4f9-1/forget", "gateway"),
        ("/schedules/window-p2/run", "gateway"),
        ("/schedules/nightly-again/count", "gateway"),
        ("/schedules", "status"),
        ("/statistics", "status"),
        ("/jobs/86e4f4f9-1", "status"),
        ("/jobs/86e4f4f9-1/events", "status"),
        ("/jobs/86e4f4f9-1/files/retry", "status"),
        ("/events", "status"),
        ("/", "status"),
    ],
)
def test_at_one_host_a_request_reaches_the_service_it_is_for(path: str, service: str) -> None:
    """By its path: nginx takes the longest expression that begins it."""
    # Given an Ingress of one host
    release = render(CASES["own-kafka"])
    places = {place: name for name in _ONE for place in _paths(release, name)}

    # When the paths are tried as nginx tries them, then the right one is met first
    met = (place for place in sorted(places, key=len, reverse=True) if re.match(place, path))
    assert places[next(met)] == service


def test_other_controllers_have_a_host_for_each_service_and_our_words_left_out() -> None:
    """What they are to be told stands in their own annotations."""
    # Given another controller, when Ingresses are read, then each has its host and those alone
    ingresses = render(CASES["two-hosts"]).of("Ingress")
    hosts = {name: each["spec"]["rules"][0]["host"] for name, each in ingresses.items()}
    assert hosts == _TWO
    assert all(each["metadata"]["annotations"] == {"a": "b"} for each in ingresses.values())


@pytest.mark.parametrize("hosts", [_ONE, _TWO], ids=["one", "two"])
def test_routes_of_a_gateway_end_no_stream(hosts: Object) -> None:
    """Neither events, which last for ever, nor files on their way in."""
    # Given routes, when their rules are read
    routes = render({**OWN, **_ROUTED, "hosts": hosts}).of("HTTPRoute")
    for name, route in routes.items():
        (rule,) = route["spec"]["rules"]

        # Then no time ends them, and each leads to its service
        assert rule["timeouts"] == {"request": "0s"}
        assert rule["backendRefs"] == [{"name": f"jobs-headway-{name}", "port": 80}]
        assert route["spec"]["hostnames"] == [hosts[name]]

    # And at one host what is POSTed goes to the gateway
    matches = {name: each["spec"]["rules"][0]["matches"][0] for name, each in routes.items()}
    assert matches["gateway"].get("method") == ("POST" if hosts is _ONE else None)
    assert "method" not in matches["status"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ingress": {"enabled": True}}, "hosts.gateway"),
        ({"gatewayAPI": {"enabled": True}, "hosts": {"gateway": "a.b"}}, "hosts.status"),
        ({"gatewayAPI": {"enabled": True}, "hosts": _ONE}, "gatewayAPI.parentRefs"),
        ({"ingress": {"enabled": True, "controller": "other"}, "hosts": _ONE}, "say two hosts"),
    ],
)
def test_routes_that_lead_nowhere_are_refused(values: dict[str, Any], words: str) -> None:
    """With what to say."""
    # Given such values, when a release is asked for, then it is refused
    with pytest.raises(Refused) as refused:
        render({**OWN, **values})
    assert words in str(refused.value)
