"""The conversions of a watch: what it asks for, and what it is told."""

from callgate.v1 import invocation_pb2, invocation_service_pb2
from gateway.edge.grpc import invocation_wire
from gateway.edge.grpc.answer_watch import AnswerPlace, Placed
from gateway.model.invocation import Event


def place_from(request: invocation_service_pb2.WatchInvocationRequest) -> AnswerPlace:
    """Of the last event of an answer that the client has seen."""
    return AnswerPlace(request.after_answer_attempt, request.after_answer_number)


def response(told: Event | Placed) -> invocation_service_pb2.WatchInvocationResponse:
    if isinstance(told, Event):
        return invocation_service_pb2.WatchInvocationResponse(event=invocation_wire.event(told))
    place, event = told
    message = invocation_pb2.AnswerEvent(
        attempt=place.attempt,
        number=place.number,
        data=event.data,
        type=event.type,
        id=event.id,
        left_out=event.left_out,
        artifact=event.artifact,
    )
    return invocation_service_pb2.WatchInvocationResponse(answer_event=message)
