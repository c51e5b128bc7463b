"""RunService: message in, runs, message out. No decisions."""

from dataclasses import dataclass

from callgate.v1 import run_service_pb2 as pb
from callgate.v1.run_service_pb2_grpc import RunServiceServicer
from gateway.edge.grpc import run_wire as wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.paging import size_of
from gateway.edge.grpc.review_wire import reason_from
from gateway.edge.grpc.run_names import run_name_from
from gateway.pipeline.agent_runs import AgentRuns


@dataclass(frozen=True, slots=True)
class RunEdge(RunServiceServicer):
    authentication: Authentication
    runs: AgentRuns

    async def StartRun(self, request: pb.StartRunRequest, context: Context) -> pb.StartRunResponse:
        caller, name = self.authentication.caller(context), run_name_from(request.run_id)
        begun = await self.runs.start(caller, name, wire.terms_from(request))
        return pb.StartRunResponse(run=wire.whole(begun), started=begun.new)

    async def GetRun(self, request: pb.GetRunRequest, context: Context) -> pb.GetRunResponse:
        caller = self.authentication.caller(context)
        return pb.GetRunResponse(run=wire.whole(await self.runs.find(caller, wire.key_from(request, caller))))

    async def ListRuns(self, request: pb.ListRunsRequest, context: Context) -> pb.ListRunsResponse:
        caller, wanted = self.authentication.caller(context), wire.wanted_from(request)
        after, size = wire.place_from(request, caller.principal), size_of(request, wire.PAGE, wire.MOST)
        page = await self.runs.page(caller, wanted, after=after, size=size)
        return pb.ListRunsResponse(runs=wire.runs(page.runs), next_page_token=wire.token(request, caller.principal, page.rest))

    async def SaveRunState(self, request: pb.SaveRunStateRequest, context: Context) -> pb.SaveRunStateResponse:
        caller, name = self.authentication.caller(context), run_name_from(request.run_id)
        return pb.SaveRunStateResponse(version=await self.runs.save(caller, name, wire.save_from(request)))

    async def EndRun(self, request: pb.EndRunRequest, context: Context) -> pb.EndRunResponse:
        caller, name = self.authentication.caller(context), run_name_from(request.run_id)
        return pb.EndRunResponse(run=wire.run(await self.runs.end(caller, name, wire.end_from(request))))

    async def KillRun(self, request: pb.KillRunRequest, context: Context) -> pb.KillRunResponse:
        caller, reason = self.authentication.caller(context), reason_from(request)
        return pb.KillRunResponse(run=wire.run(await self.runs.kill(caller, wire.key_from(request, caller), reason)))
