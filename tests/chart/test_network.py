"""Who may speak to whom: every edge of the data flow is allowed, and nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from support.chart.cases import BESIDE, CASES, OWN, SERVICES
from support.chart.render import Object, Rendered, render

from tree import apart, stages

#: Who is called over HTTP, as the port is named in their pods.
_HTTP = "http"


def _policies(release: Rendered) -> dict[str, Object]:
    return {name: each["spec"] for name, each in release.of("NetworkPolicy").items()}


def _peers(rule: Object, side: str) -> Iterator[str]:
    """Components of the release, what else is selected, or "anybody"."""
    for peer in rule.get(side, [{}]):
        labels = peer.get("podSelector", {}).get("matchLabels", {})
        yield labels.get("app.kubernetes.io/component") or (str(peer) if peer else "anybody")


def _edges(spec: Object) -> set[tuple[str, str, str]]:
    """Each thing that is allowed: in or out, the other side, the port."""
    return {
        (way, peer, f"{port.get('protocol', 'TCP')}/{port['port']}")
        for way, side in (("in", "from"), ("out", "to"))
        for rule in spec.get({"in": "ingress", "out": "egress"}[way], ())
        for peer in _peers(rule, side)
        for port in rule["ports"]
    }


_DNS = {("out", "anybody", "UDP/53"), ("out", "anybody", "TCP/53")}
_METRICS = (
    "in",
    "{'namespaceSelector': {'matchLabels': {'kubernetes.io/metadata.name': 'monitoring'}}}",
    "TCP/http",
)


def test_nothing_is_allowed_that_no_policy_names(case: Rendered) -> None:
    """Every pod of the release is bound both ways, by a policy that allows nothing."""
    # Given a release whose network is bound
    policies = _policies(case)
    if not policies:
        return

    # When the policy of all is read, then it selects all, and names no exception
    assert policies[""]["policyTypes"] == ["Ingress", "Egress"]
    assert policies[""].keys() == {"podSelector", "policyTypes"}
    wanted = policies[""]["podSelector"]["matchLabels"].items()
    assert all(wanted <= pod.metadata["labels"].items() for pod in case.pods())

    # And each component has one of its own
    assert {pod.name.removesuffix("-1") for pod in case.pods()} <= policies.keys()


def test_every_edge_of_the_data_flow_is_there_and_no_other(own: Rendered) -> None:
    """On somebody's own Kafka and store: brokers and store may be anywhere, on their ports."""
    # Given the policies of a release, when what they allow is written down
    found = {name: _edges(spec) for name, spec in _policies(own).items()}

    # Then it is this
    kafka, store = ("out", "anybody", "TCP/9092"), ("out", "anybody", "TCP/443")
    asked = ("in", "anybody", "TCP/http")
    assert found == {
        "": set(),
        "gateway": {asked, _METRICS, kafka, store, ("out", "status", "TCP/http")} | _DNS,
        "status": {asked, _METRICS, kafka, store} | _DNS,
        **dict.fromkeys([*stages(), *BESIDE], {_METRICS, kafka, store} | _DNS),
        **dict.fromkeys(apart(), {_METRICS, kafka} | _DNS),
        "topics": {kafka} | _DNS,
        "test": {("out", "gateway", "TCP/http"), ("out", "status", "TCP/http")} | _DNS,
    }


def test_named_clients_are_the_only_ones_beside_our_own() -> None:
    """The gateway asks status, and `helm test` asks both."""
    # Given a release that names who may ask
    policies = _policies(render(CASES["strimzi"]))

    # When those who may are read
    def asking(name: str) -> set[str]:
        return {peer for way, peer, _ in _edges(policies[name]) if way == "in"}

    # Then it is they and our own
    clients = "{'namespaceSelector': {'matchLabels': {'kubernetes.io/metadata.name': 'gateways'}}}"
    assert asking("gateway") == {clients, "test", _METRICS[1]}
    assert asking("status") == {clients, "test", "gateway", _METRICS[1]}
    assert asking("p1") == {_METRICS[1]}


def test_brokers_are_reached_on_all_ports_that_are_named() -> None:
    """Those to start from, and those that brokers advertise."""
    # Given brokers on two ports, and a third that they send clients to
    values = {**CASES["own-kafka"], "networkPolicy": {"kafka": {"ports": [9192]}}}

    # When a stage's policy is read, then it may reach all three, and the store's port
    ports = {port for way, _, port in _edges(_policies(render(values))["p1"]) if way == "out"}
    assert ports == {"TCP/9094", "TCP/9095", "TCP/9192", "TCP/443", "TCP/9000", *_DNS_PORTS}


_DNS_PORTS = {"UDP/53", "TCP/53"}


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [("http://minio", 80), ("https://minio", 443), ("http://minio.store.svc:9000/x", 9000)],
)
def test_the_store_is_reached_where_its_endpoint_is(endpoint: str, port: int) -> None:
    """By the port it names, or that of its scheme."""
    # Given an endpoint, when a stage's policy is read, then its port is allowed
    store = {**OWN["objectStore"], "endpoint": endpoint}
    values = {**OWN, "objectStore": store, "networkPolicy": {"objectStore": {"ports": []}}}
    ports = {where for _, _, where in _edges(_policies(render(values))["p2"])}
    assert ports == {f"TCP/{port}", "TCP/9092", "TCP/http", *_DNS_PORTS}


def test_the_development_kafka_hears_the_release_alone() -> None:
    """Nobody has to say a password there."""
    # Given a release with its own Kafka, when its policy is read
    policies = _policies(render(CASES["try"]))

    # Then all that speak to it may, and it may call nobody
    callers = {("in", name, "TCP/9092") for name in (*SERVICES, "topics")}
    assert _edges(policies["kafka"]) == callers
    for name in (*SERVICES, "topics"):
        assert ("out", "kafka", "TCP/9092") in _edges(policies[name])

    # And nobody goes out to a store that is a folder
    assert not any(where == "TCP/443" for _, _, where in _edges(policies["p1"]))


def test_every_process_can_reach_what_it_is_told_of(case: Rendered) -> None:
    """A variable that names an address nobody may call is a pod that never becomes ready."""
    # Given the addresses that services are told
    policies = _policies(case)
    for name in SERVICES if policies else ():
        told = case.pod(name).environment()
        allowed = {port for way, _, port in _edges(policies[name]) if way == "out"}

        # When their ports are looked for, then they are allowed
        assert {f"TCP/{port}" for port in _ports(told)} <= allowed


def test_a_further_way_out_can_be_allowed() -> None:
    """To a collector of traces, say."""
    # Given one, when policies are read, then all services may go it, and nobody else
    policies = _policies(render(CASES["dressed"]))
    allowed = {name for name, spec in policies.items() if {"ports": [{"port": 4318}]} in _out(spec)}
    assert allowed == {*SERVICES, "extra"}


def _out(spec: Object) -> list[Any]:
    found: list[Any] = spec.get("egress", [])
    return found


def _ports(told: Mapping[str, str]) -> Iterator[str]:
    for server in told["KAFKA_BOOTSTRAP_SERVERS"].split(","):
        yield server.rpartition(":")[2]
    if told.get("OBJECT_STORE_URL", "").startswith("s3:") and "AWS_ENDPOINT_URL" not in told:
        yield "443"
    if "STATUS_API_URL" in told:
        yield _HTTP
