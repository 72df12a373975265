"""The name of a cluster: new for each, so that its readers know it is not the one before."""

import base64
import uuid


def new_cluster_id() -> str:
    """A random id as Kafka's storage tool wants it, without a leading `-` to trip over."""
    return base64.b64encode(uuid.uuid4().bytes, altchars=b"AB").rstrip(b"=").decode()
