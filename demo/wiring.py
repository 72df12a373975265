"""What each service of the demo is told, so that they find each other."""

from collections.abc import Mapping
from typing import Final

from fleet import Service
from place import Place
from ports import HOST, PYTHON_OF_STATISTICS

#: Less than the process supervisor's grace; the demo's jobs take well under a second.
_DRAIN_SECONDS: Final = 5
#: A stage that is killed is replaced after this long; brokers allow no less unless told.
_SESSION_TIMEOUT_MS: Final = 6000


def services(
    place: Place, ports: Mapping[str, int], environ: Mapping[str, str], *, bootstrap: str
) -> list[Service]:
    """A service for each of *ports*; *environ* may bring an OBJECT_STORE_URL."""
    urls = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
    objects = environ.get("OBJECT_STORE_URL") or place.folder("objects").as_uri()
    shared = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "OBJECT_STORE_URL": objects,
        "HTTP_HOST": HOST,
        "DRAIN_SECONDS": str(_DRAIN_SECONDS),
        "SESSION_TIMEOUT_MS": str(_SESSION_TIMEOUT_MS),
    }
    own = {
        "gateway": {
            "STATUS_URL": urls["status"],
            "STATUS_API_URL": urls["status"],
            "ALLOWED_ORIGINS": f"{urls['status']},http://localhost:{ports['status']}",
        },
        "status": {"GATEWAY_URL": urls["gateway"], "DATA_DIR": str(place.folder("status"))},
    }
    return [
        Service(
            name,
            urls[name],
            shared | {"HTTP_PORT": str(ports[name])} | own.get(name, {}),
            place.log(name),
            name,
        )
        if name != "statistics"
        else _statistics(urls[name], shared | {"HTTP_PORT": str(ports[name])}, place)
        for name in ports
    ]


def _statistics(url: str, settings: Mapping[str, str], place: Place) -> Service:
    """In an environment of their own; they take some seconds to join their group."""
    return Service(
        "statistics",
        url,
        settings,
        place.log("statistics"),
        "stagestatistics",
        python=str(PYTHON_OF_STATISTICS),
        beside=True,
    )
