"""The conversion of what a call was asked and answered."""

from callgate.v1 import invocation_service_pb2 as pb
from gateway.edge.grpc.invocation_wire import outcome, timestamp
from gateway.records.recordings.exchanges import Exchange


def exchange(value: Exchange) -> pb.Exchange:
    return pb.Exchange(
        id=value.id,
        tool=value.tool,
        tool_digest=value.digest,
        agent=value.principal.agent,
        subject=value.principal.subject,
        run_id=value.run_id,
        arguments_json=value.arguments,
        outcome=outcome(value.outcome) if value.outcome else None,
        end_time=timestamp(value.ended),
        expire_time=timestamp(value.expires),
    )
