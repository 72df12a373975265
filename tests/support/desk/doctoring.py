"""What a doctor said, and a broker at which rights are granted and taken."""

import json
from typing import NamedTuple

from confluent_kafka.admin._acl import (  # its __init__ re-exports untyped
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
)
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from support.desk.deployment import Said
from support.kafka.guarded import ADMIN, Guarded
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka


class Found(NamedTuple):
    """What a doctor said, a finding a row; and how it ended."""

    code: int
    rows: list[dict[str, str]]
    text: str

    def of(self, check: str, *levels: str) -> list[str]:
        """What one check found, of those levels or of all."""
        rows = [row for row in self.rows if row["check"] == check]
        return [f"{r['where']}: {r['what']}" for r in rows if not levels or r["level"] in levels]

    @property
    def wrong(self) -> set[str]:
        """The checks that found something wrong."""
        return {row["check"] for row in self.rows if row["level"] == "wrong"}


def found(said: Said) -> Found:
    """Its JSON, read."""
    return Found(said.code, json.loads(said.out)["findings"], said.out + said.err)


class Gate:
    """A broker that asks who one is; `service` may do what is granted, and nothing else."""

    def __init__(self, broker: Guarded) -> None:
        self.broker = broker
        self.admin = kafka.admin_client(broker.options(ADMIN))
        self._given: list[AclBinding] = []

    def grant(
        self, kind: ResourceType, name: str, operation: AclOperation = AclOperation.ALL
    ) -> None:
        """Let `service` do that to what is named."""
        self._say(kind, name, operation, AclPermissionType.ALLOW)

    def deny(
        self, kind: ResourceType, name: str, operation: AclOperation = AclOperation.WRITE
    ) -> None:
        """Deny `service` that, whatever else was granted."""
        self._say(kind, name, operation, AclPermissionType.DENY)

    def grant_all(self) -> None:
        for kind in (ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID):
            self.grant(kind, "*")

    def _say(
        self,
        kind: ResourceType,
        name: str,
        operation: AclOperation,
        permission: AclPermissionType,
    ) -> None:
        whom = ResourcePatternType.LITERAL, "User:service", "*"
        binding = AclBinding(kind, name, *whom, operation, permission)
        self._given.append(binding)
        for done in self.admin.create_acls([binding]).values():
            done.result(DEADLINE_SECONDS)

    def take_back(self) -> None:
        """All that was granted or denied."""
        every = [
            AclBindingFilter(
                one.restype,
                one.name,
                one.resource_pattern_type,
                one.principal,
                one.host,
                one.operation,
                one.permission_type,
            )
            for one in self._given
        ]
        for done in self.admin.delete_acls(every).values():
            done.result(DEADLINE_SECONDS)
        self._given.clear()
