"""Objects that operators define: what of them the chart writes, and nothing else is let through."""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 1}
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": {"type": "string"}}


def _closed(required: Mapping[str, Any], **optional: Any) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {**required, **optional},
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": items}


def _object(spec: Schema) -> Schema:
    named = _closed({"name": _TEXT, "namespace": _TEXT, "labels": _TEXTS}, annotations=_TEXTS)
    return _closed({"apiVersion": _TEXT, "kind": _TEXT, "metadata": named, "spec": spec})


_BEHAVIOR: Final = _closed(
    {
        "scaleDown": _closed(
            {
                "stabilizationWindowSeconds": {"type": "integer", "minimum": 0, "maximum": 3600},
                "policies": _list(
                    _closed({"type": {"const": "Pods"}, "value": _COUNT, "periodSeconds": _COUNT})
                ),
            }
        )
    }
)
#: Of the trigger's metadata every value is a text.
_LAG: Final = _closed(
    {
        "bootstrapServers": _TEXT,
        "consumerGroup": _TEXT,
        "topic": _TEXT,
        "lagThreshold": {"type": "string", "pattern": "^[0-9]+$"},
        "offsetResetPolicy": {"enum": ["latest", "earliest"]},
    },
    sasl={"enum": ["none", "plaintext", "scram_sha256", "scram_sha512"]},
    tls={"enum": ["enable", "disable"]},
)
_TIME: Final[Schema] = {"type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$"}
_RELABELLED: Final = _list(
    _closed({"action": {"const": "replace"}, "targetLabel": _TEXT, "replacement": _TEXT})
)
_RULE: Final = _closed(
    {"alert": _TEXT, "expr": _TEXT, "for": _TIME, "labels": _TEXTS, "annotations": _TEXTS}
)
_FROM: Final = _list(_closed({"parameter": _TEXT, "name": _TEXT, "key": _TEXT}))

DEFINED: Final[Mapping[str, Schema]] = {
    "monitoring.coreos.com/v1/PodMonitor": _object(
        _closed(
            {
                "selector": _closed({"matchLabels": _TEXTS}),
                "podMetricsEndpoints": _list(
                    _closed(
                        {
                            "port": _TEXT,
                            "path": _TEXT,
                            "interval": _TIME,
                            "scrapeTimeout": _TIME,
                            "relabelings": _RELABELLED,
                        }
                    )
                ),
            }
        )
    ),
    "monitoring.coreos.com/v1/PrometheusRule": _object(
        _closed({"groups": _list(_closed({"name": _TEXT, "rules": _list(_RULE)}))})
    ),
    "kafka.strimzi.io/v1/KafkaTopic": _object(
        _closed(
            {
                "topicName": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,249}$"},
                "partitions": _COUNT,
                "replicas": _COUNT,
                "config": _TEXTS,
            }
        )
    ),
    "keda.sh/v1alpha1/ScaledObject": _object(
        _closed(
            {
                "scaleTargetRef": _closed({"apiVersion": _TEXT, "kind": _TEXT, "name": _TEXT}),
                "pollingInterval": _COUNT,
                "minReplicaCount": _COUNT,
                "maxReplicaCount": _COUNT,
                "advanced": _closed(
                    {"horizontalPodAutoscalerConfig": _closed({"behavior": _BEHAVIOR})}
                ),
                "triggers": _list(
                    _closed(
                        {"type": {"const": "kafka"}, "metadata": _LAG},
                        authenticationRef=_closed({"name": _TEXT}),
                    )
                ),
            }
        )
    ),
    "keda.sh/v1alpha1/TriggerAuthentication": _object(
        _closed({"secretTargetRef": _FROM}, configMapTargetRef=_FROM)
    ),
    "gateway.networking.k8s.io/v1/HTTPRoute": _object(
        _closed(
            {
                "parentRefs": _list(
                    _closed(
                        {"name": _TEXT},
                        group=_TEXT,
                        kind=_TEXT,
                        namespace=_TEXT,
                        sectionName=_TEXT,
                        port=_COUNT,
                    )
                ),
                "hostnames": _list(_TEXT),
                "rules": _list(
                    _closed(
                        {
                            "matches": _list(
                                _closed(
                                    {
                                        "path": _closed(
                                            {"type": {"const": "PathPrefix"}, "value": _TEXT}
                                        )
                                    },
                                    method={"enum": ["GET", "POST"]},
                                )
                            ),
                            "backendRefs": _list(_closed({"name": _TEXT, "port": _COUNT})),
                            "timeouts": _closed(
                                {"request": {"type": "string", "pattern": "^([0-9]+(h|m|s|ms))+$"}}
                            ),
                        }
                    )
                ),
            }
        )
    ),
}
