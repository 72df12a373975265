"""What the client says of a cluster, in words, with what to do."""

from collections.abc import Iterable
from typing import Final

from headway.desk.doctor.finding import Finding, wrong
from headway.edges import kafka

#: What to do where both sides may speak of something else.
LISTENER: Final = (
    "compare security.protocol in KAFKA_CLIENT_OPTIONS with the listener that this port is of"
)
#: What a part of the client's words means, the most telling first.
_MEANINGS: Final = (
    (
        "certificate verify failed",
        "TLS: the broker's certificate is not trusted here",
        "say ssl.ca.location: the file of the authority that signed it",
    ),
    (
        "hostname mismatch",
        "TLS: the broker's certificate is of another name",
        "use a name that is in the certificate, or have the name added to it",
    ),
    (
        "certificate required",
        "TLS: the broker wants a certificate of the client",
        "say ssl.certificate.location and ssl.key.location",
    ),
    (
        "SSL handshake failed",
        "TLS: no handshake: this port may not speak TLS, or not with these options",
        LISTENER,
    ),
    (
        "SASL authentication error",
        "SASL: the broker refuses who we say we are",
        "look at sasl.mechanism, sasl.username and the password, and whether the user exists",
    ),
    (
        "mechanism handshake failed",
        "SASL: this listener does not take SASL, or not by this mechanism",
        "look at security.protocol and sasl.mechanism",
    ),
    (
        "SASL mechanism",
        "SASL: the broker does not offer this mechanism",
        "say another sasl.mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER",
    ),
    (
        "authentication failure",
        "SASL: the broker refuses who we say we are",
        "look at sasl.mechanism, sasl.username and the password, and whether the user exists",
    ),
    (
        "verify that security.protocol is correctly configured",
        "the connection is closed at once, as by a listener that wants TLS or SASL",
        LISTENER,
    ),
    (
        "while requesting ApiVersion",
        "the connection is closed at once, as by a listener that wants TLS or SASL",
        LISTENER,
    ),
)
_NOT_ALLOWED: Final = "AUTHORIZATION_FAILED"


def finding_of(error: kafka.KafkaException, where: str = "") -> Finding:
    """What the cluster said, and what to do if it is known."""
    words = kafka.describe(error)
    if _NOT_ALLOWED in words:
        return wrong(where, f"not allowed: {words}", "see what `rights` says")
    return wrong(where, words)


def meaning(said: Iterable[str]) -> tuple[str, str] | None:
    """What is wrong with a connection, by all the client said of it, and what to do."""
    text = "\n".join(said).lower()
    for part, words, remedy in _MEANINGS:
        if part.lower() in text:
            return words, remedy
    return None
