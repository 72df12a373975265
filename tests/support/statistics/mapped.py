"""What Faust's client is told for some settings: `python -m support.statistics.mapped`.

Settings come as JSON objects on stdin, a line each, and so go the answers to stdout; for the
environment that has Faust.
"""

import json
import ssl
import sys
from typing import Any

from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from headway.base.errors import SettingsError
from headway.declared.settings import KafkaSettings
from stagestatistics.broker import broker_settings


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(given: dict[str, Any]) -> dict[str, Any]:
    try:
        told = broker_settings(KafkaSettings(**given))
    except SettingsError as error:
        return {"refused": str(error)}
    client = credentials_to_aiokafka_auth(told.get("broker_credentials"))
    named = {name: value for name, value in client.items() if value is not None}
    return {"broker": told["broker"], **named, **_of_ssl(named.get("ssl_context"))}


def _of_ssl(context: ssl.SSLContext | None) -> dict[str, Any]:
    """What of a context can be seen."""
    if context is None:
        return {}
    told = {
        "known": [_name(each) for each in context.get_ca_certs()],
        "verified": context.verify_mode is ssl.CERT_REQUIRED,
        "name": context.check_hostname,
    }
    return {"ssl_context": told}


def _name(authority: dict[str, Any]) -> str:
    called = (pair for parts in authority["subject"] for pair in parts)
    return str(next((value for name, value in called if name == "commonName"), ""))


if __name__ == "__main__":
    main()
