"""Connects the API's RPCs with what answers them: the method of an RPC's name, if there is one."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass

from callgate import checks
from callgate.errors import CallgateError
from callgate.testing.refusals import RecordedRefusal, abort
from callgate.v1 import (
    catalog_service_pb2,
    connection_service_pb2,
    host_service_pb2,
    invocation_service_pb2,
    principal_service_pb2,
    recording_service_pb2,
    review_service_pb2,
    run_service_pb2,
)

_FILES = (
    catalog_service_pb2,
    connection_service_pb2,
    host_service_pb2,
    invocation_service_pb2,
    principal_service_pb2,
    recording_service_pb2,
    review_service_pb2,
    run_service_pb2,
)
_MAKERS = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}

Answer = Callable[[Any, Any], Any]


class ApiRpcs(grpc.GenericRpcHandler):
    """Every RPC of the API. `admit` is called before each, and may refuse it; so is what none of `answering` answers."""

    def __init__(self, answering: Sequence[object], admit: Callable[[Any], None]) -> None:
        self._answering = answering
        self._admit = admit
        services = [service for file in _FILES for service in file.DESCRIPTOR.services_by_name.values()]
        self._handlers = {
            f"/{service.full_name}/{method.name}": self._handler(method) for service in services for method in service.methods
        }

    def service(self, handler_call_details: Any) -> Any:
        return self._handlers.get(handler_call_details.method)

    def _handler(self, method: Any) -> Any:
        found = (getattr(one, method.name) for one in self._answering if hasattr(one, method.name))
        answer = next(found, _absent(method.name))
        make = _MAKERS[method.client_streaming, method.server_streaming]
        return make(
            self._streamed(answer) if method.server_streaming else self._answered(answer),
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )

    def _answered(self, answer: Answer) -> Answer:
        def serve(request: Any, context: Any) -> Any:
            try:
                self._admit(context)
                return answer(request, context)
            except (CallgateError, RecordedRefusal) as error:
                abort(context, error)

        return serve

    def _streamed(self, answer: Answer) -> Callable[[Any, Any], Iterator[Any]]:
        def serve(request: Any, context: Any) -> Iterator[Any]:
            try:
                self._admit(context)
                yield from answer(request, context)
            except (CallgateError, RecordedRefusal) as error:
                abort(context, error)

        return serve


def _absent(name: str) -> Answer:
    def refuse(request: Any, context: Any) -> Any:
        raise checks.invalid(f"a FakeGateway does not answer {name}", "Test this with a gateway: `callgate up` starts one.")

    return refuse
