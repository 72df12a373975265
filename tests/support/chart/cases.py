"""Values of every kind: the chart's examples, and what no example says."""

from collections.abc import Mapping
from typing import Any, Final

from support.chart.render import example

from tree import apart, services, stages

#: All services, whatever image they are in.
SERVICES: Final = (*services(), *apart())
#: Whom users call, and what is neither called by users nor a stage.
FRONT: Final = ("gateway", "status")
BESIDE: Final = tuple(name for name in SERVICES if name not in (*FRONT, *stages()))

OWN: Final[dict[str, Any]] = {
    "kafka": {"bootstrapServers": "kafka.example.com:9092"},
    "objectStore": {"url": "s3://reports", "existingSecret": "s3"},
}

CASES: Final[Mapping[str, dict[str, Any]]] = {
    "try": example("try"),
    "own-kafka": example("own-kafka"),
    "strimzi": example("strimzi"),
    "least": OWN,
    "small": OWN
    | {
        "gateway": {"replicas": 1},
        "status": {"replicas": 1, "persistence": {"enabled": False}},
        "stageDefaults": {"replicas": 1},
        "topics": {"manage": "none"},
        "networkPolicy": {"enabled": False},
    },
    "dressed": OWN
    | {
        "image": {"digest": f"sha256:{'a' * 64}", "pullSecrets": [{"name": "registry"}]},
        "podDefaults": {
            "annotations": {"example.com/a": "b"},
            "labels": {"example.com/team": "reports"},
            "env": {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
                "TOKEN": {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            },
            "nodeSelector": {"kubernetes.io/arch": "amd64"},
            "tolerations": [{"key": "a", "operator": "Exists"}],
            "priorityClassName": "high",
            "runtimeClassName": "sandboxed",
        },
        "gateway": {
            "service": {"type": "LoadBalancer", "annotations": {"a": "b"}},
            "autoscaling": {"mode": "hpa"},
            "url": "https://submit.example.com/reports",
        },
        "stageDefaults": {"autoscaling": {"mode": "hpa"}},
        "stages": {
            "extra": {"source": "jobs.p2-done", "settings": {"HTTP_PORT": 9103, "WIDTH": 3}},
            "p1": {"pod": {"topologySpreadConstraints": [], "affinity": {"nodeAffinity": {}}}},
        },
        "networkPolicy": {"metrics": [], "extraEgress": [{"ports": [{"port": 4318}]}]},
    },
    "two-hosts": OWN
    | {
        "kafka": {
            "bootstrapServers": "kafka.example.com:9092",
            "optionsSecret": "kafka",
            "options": {"socket.timeout.ms": 20000},
        },
        "hosts": {"gateway": "submit.example.com", "status": "jobs.example.com", "scheme": "http"},
        "ingress": {"enabled": True, "controller": "other", "annotations": {"a": "b"}},
        "stageDefaults": {"autoscaling": {"mode": "keda", "authenticationRef": "ours"}},
    },
    "watched": OWN
    | {
        "monitoring": {
            "podMonitor": {"enabled": True, "labels": {"prometheus": "ours"}},
            "rules": {
                "enabled": True,
                "labels": {"prometheus": "ours"},
                "overrides": {"HeadwayDeadLetters": {"threshold": 500, "for": "10m"}},
            },
            "dashboard": {"enabled": True, "annotations": {"grafana_folder": "Pipelines"}},
        },
    },
    "kept": {
        "kafka": {"dev": {"enabled": True, "persistence": {"enabled": True}}},
        "objectStore": {"url": "s3://reports", "endpoint": "https://minio", "caSecret": "ours"},
        "hosts": {"gateway": "localhost", "status": "localhost"},
        "gatewayAPI": {"enabled": True, "parentRefs": [{"name": "public"}]},
        "scheduler": {"replicas": 1, "schedules": "rules: []\n"},
        "statistics": {"image": {"tag": "2"}, "replicas": 1},
    },
}
