"""Who may ask: by which name the service is called, and from whose pages it is asked.

A page of anybody's can make a browser send requests to a service in its reach. Against that stand:

- **Host.** A name that the page's owner controls may be pointed at this service's address (DNS
  rebinding); the browser then takes page and service for one origin. So a name has to be one that
  nobody outside can own: an address, a name without a dot, one below a suffix that public DNS does
  not have (`localhost`, `local`, `internal`, `svc`, `test`), or one listed by the operator.
- **Origin.** A request that changes something and tells the page it comes from is taken only from
  this service's own pages and those listed. Programs that are no browsers tell none.
- **nosniff** on every answer, so that no browser takes data for a script or a page.

Questions about health are answered whoever asks: they tell nothing and must never fail.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headway.serving.problem import problem

ALLOWED_HOSTS_DOC: Final = (
    "Names it may be called by, comma separated; `.example.com` with all below it, `*` for any. "
    "Addresses, names without a dot and below .localhost, .local, .internal, .svc and .test always "
    "are."
)

_PROBES: Final = frozenset({"/livez", "/readyz"})
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: Special-use names of RFC 6761 and 6762, ICANN's private one, and Kubernetes' services.
_PRIVATE_SUFFIXES: Final = (".localhost", ".local", ".internal", ".svc", ".test")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_ANY: Final = "*"
_HOST: Final = re.compile(
    r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::[0-9]*)?"
)


def listed(setting: str) -> tuple[str, ...]:
    """The parts of a comma separated setting."""
    return tuple(filter(None, (part.strip().lower() for part in setting.split(","))))


class Trust:
    """Middleware that answers 421 or 403 by itself and passes everything else on."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], origins: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(origin.rstrip("/") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def unsniffed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers["X-Content-Type-Options"] = "nosniff"
                message["headers"] = headers.raw
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, unsniffed)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        if scope["path"] in _PROBES:
            return None
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host and not self._knows(_name(host)):
            detail = f"{host[:255]!r} is not a name of this service; its operator may list it in "
            return problem(
                421,
                "The host is not served",
                detail + "ALLOWED_HOSTS.",
                type_="urn:headway:problem:host-not-allowed",
            )
        if scope["method"] not in _SAFE_METHODS and not self._trusts(headers, host):
            origin = headers.get("origin", "another site")
            detail = f"Pages of {origin[:255]!r} may not send this; the operator may list them in "
            return problem(
                403,
                "The origin is not allowed",
                detail + "ALLOWED_ORIGINS.",
                type_="urn:headway:problem:origin-not-allowed",
            )
        return None

    def _knows(self, name: str) -> bool:
        if _ANY in self._hosts or name in self._hosts or _is_private(name):
            return True
        # `.example.com` is listed: itself and everything below it.
        labels = name.split(".")
        return any("." + ".".join(labels[start:]) in self._hosts for start in range(len(labels)))

    def _trusts(self, headers: Headers, host: str) -> bool:
        origins = headers.getlist("origin")
        site = headers.get("sec-fetch-site", "")
        if not origins:
            return site in {"", "same-origin", "none"}
        origin = origins[0].lower().rstrip("/")
        if _ANY in self._origins or (len(origins) == 1 and origin in self._origins):
            return True
        # A browser's own word, which no page can put into its mouth; true behind any proxy.
        return len(origins) == 1 and (site == "same-origin" or _is_own(origin, host))


def _name(host: str) -> str:
    """A Host header less its port, an address less its brackets; empty if it is neither."""
    form = _HOST.fullmatch(host.lower())
    return (form["name"] or form["address"]) if form else ""


def _is_private(name: str) -> bool:
    if _is_address(name):
        return True
    return bool(name) and ("." not in name or name.endswith(_PRIVATE_SUFFIXES))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_own(origin: str, host: str) -> bool:
    """Whether *origin* is the one that *host* stands for, over whichever scheme.

    A proxy may speak https to the browser and http to the service, so only names are compared.
    """
    scheme, _, place = origin.partition("://")
    port = _DEFAULT_PORTS.get(scheme)
    if port is None or not place:
        return False
    return place.removesuffix(port) == host.lower().removesuffix(port)
