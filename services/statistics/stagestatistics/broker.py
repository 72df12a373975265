"""How Faust's client reaches the brokers: what the other services are told, in its words."""

import logging
import ssl
from collections.abc import Mapping
from typing import Any, Final

import faust

from headway.base.errors import SettingsError
from headway.declared.settings import KafkaSettings
from headway.edges.clientoptions import operator_options

logger = logging.getLogger(__name__)

_VARIABLE: Final = "KAFKA_CLIENT_OPTIONS"
#: What is said of Faust's client in these words too.
_KNOWN: Final = frozenset(
    {
        *("security.protocol", "sasl.mechanism", "sasl.mechanisms"),
        *("sasl.username", "sasl.password", "ssl.ca.location", "ssl.certificate.location"),
        *("ssl.key.location", "ssl.key.password", "ssl.endpoint.identification.algorithm"),
    }
)
_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


def broker_settings(settings: KafkaSettings) -> dict[str, Any]:
    """Where the brokers are, and how one speaks to them.

    Options of librdkafka that have no counterpart are left out, which is logged by name.

    Raises:
        SettingsError: a security protocol or mechanism that this client does not speak.
    """
    given = operator_options(settings.kafka_client_options, settings.kafka_client_options_file)
    options = given.options
    if unknown := sorted(set(options) - _KNOWN):
        logger.warning("options.left_out", extra={"options": unknown})
    servers = settings.kafka_bootstrap_servers.split(",")
    broker = [f"kafka://{server.strip()}" for server in servers if server.strip()]
    return {"broker": broker, **_credentials(options)}


def _credentials(options: Mapping[str, Any]) -> dict[str, Any]:
    protocol = options.get("security.protocol", "PLAINTEXT").upper()
    context = _context(options) if protocol.endswith("SSL") else None
    if protocol == "PLAINTEXT":
        return {}
    if protocol == "SSL":
        return {"broker_credentials": faust.SSLCredentials(context)}
    if protocol not in {"SASL_SSL", "SASL_PLAINTEXT"}:
        raise SettingsError(f"{_VARIABLE}: security.protocol is none that the statistics speak")
    mechanism = options.get("sasl.mechanism", options.get("sasl.mechanisms", "PLAIN"))
    if mechanism not in _MECHANISMS:
        known = ", ".join(_MECHANISMS)
        raise SettingsError(f"{_VARIABLE}: the statistics know the sasl.mechanism {known} only")
    credentials = faust.SASLCredentials(
        username=options.get("sasl.username", ""),
        password=options.get("sasl.password", ""),
        mechanism=mechanism,
        ssl_context=context,
    )
    return {"broker_credentials": credentials}


def _context(options: Mapping[str, Any]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=options.get("ssl.ca.location"))
        if certificate := options.get("ssl.certificate.location"):
            key, password = options.get("ssl.key.location"), options.get("ssl.key.password")
            # Without any, whoever starts it at a terminal is asked for one, and it waits for that.
            context.load_cert_chain(certificate, key, password or "")
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"{_VARIABLE}: ssl: {error}") from error
    if options.get("ssl.endpoint.identification.algorithm") == "none":
        context.check_hostname = False
    return context
