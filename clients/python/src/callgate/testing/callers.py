"""Answers the RPCs about callers: a FakeGateway has one, who may call everything."""
# ruff: noqa: N802 - gRPC names its methods

from hashlib import sha256
from typing import Any

from callgate.v1 import principal_service_pb2 as pb

#: Tenant, agent and subject.
CALLER = ("fake", "tester", "tester")


class Knowing:
    """PrincipalService, as far as each caller may ask it."""

    def __init__(self, token: str) -> None:
        self._id = sha256(token.encode()).hexdigest()

    def GetCaller(self, request: pb.GetCallerRequest, context: Any) -> pb.GetCallerResponse:
        tenant, agent, subject = CALLER
        return pb.GetCallerResponse(
            principal=pb.Principal(id=self._id, tenant=tenant, agent=agent, subject=subject, tools=["*"])
        )
