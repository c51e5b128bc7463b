"""PrincipalService: message in, principals, message out. No decisions."""

import time
from dataclasses import dataclass

from callgate.v1 import principal_service_pb2 as pb
from callgate.v1.principal_service_pb2_grpc import PrincipalServiceServicer
from gateway.edge.grpc import principal_wire as wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.paging import page_of_all
from gateway.pipeline.principals import Principals, author_of

LISTED = "principals"


@dataclass(frozen=True, slots=True)
class PrincipalEdge(PrincipalServiceServicer):
    authentication: Authentication
    principals: Principals

    @property
    def sound(self) -> bool:
        """Whether this gateway goes by the principals file that is there."""
        return self.principals.tokens.file_trouble is None

    async def GetCaller(self, _: pb.GetCallerRequest, context: Context) -> pb.GetCallerResponse:
        entry = self.authentication.entry(context.invocation_metadata() or ())
        return pb.GetCallerResponse(principal=wire.principal(entry))

    async def AddPrincipal(self, request: pb.AddPrincipalRequest, context: Context) -> pb.AddPrincipalResponse:
        caller = self.authentication.caller(context)
        self.principals.policy.authorize_operate(caller)
        added = await self.principals.add(caller, wire.entry_from(request, author_of(caller), time.time()))
        return pb.AddPrincipalResponse(principal=wire.principal(added.entries[0]), unconfirmed=added.unconfirmed)

    async def ListPrincipals(self, request: pb.ListPrincipalsRequest, context: Context) -> pb.ListPrincipalsResponse:
        found = await self.principals.list(self.authentication.caller(context))
        page, more = page_of_all(LISTED, found, lambda entry: entry.digest, wire.principal, request)
        return pb.ListPrincipalsResponse(principals=page, next_page_token=more)

    async def RevokePrincipals(self, request: pb.RevokePrincipalsRequest, context: Context) -> pb.RevokePrincipalsResponse:
        caller = self.authentication.caller(context)
        self.principals.policy.authorize_operate(caller)
        whose = wire.principal_from(request)
        if whose is None:
            revoked = await self.principals.revoke_id(caller, request.id)
        else:
            revoked = await self.principals.revoke_all(caller, whose)
        return pb.RevokePrincipalsResponse(
            revoked=[wire.principal(entry) for entry in revoked.entries], unconfirmed=revoked.unconfirmed
        )
