from callgate.v1 import error_pb2 as _error_pb2
from callgate.v1 import invocation_pb2 as _invocation_pb2
from callgate.v1 import tool_pb2 as _tool_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_MODE_UNSPECIFIED: _ClassVar[RunMode]
    RUN_MODE_RECORD: _ClassVar[RunMode]
    RUN_MODE_REPLAY_STRICT: _ClassVar[RunMode]
    RUN_MODE_REPLAY_OR_LIVE: _ClassVar[RunMode]
RUN_MODE_UNSPECIFIED: RunMode
RUN_MODE_RECORD: RunMode
RUN_MODE_REPLAY_STRICT: RunMode
RUN_MODE_REPLAY_OR_LIVE: RunMode

class InvokeRequest(_message.Message):
    __slots__ = ("tool", "args_json", "idempotency_key", "run_id", "timeout", "wait", "mode", "recording", "call_token", "schema_form", "step", "occurrence", "take")
    TOOL_FIELD_NUMBER: _ClassVar[int]
    ARGS_JSON_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    CALL_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FORM_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCE_FIELD_NUMBER: _ClassVar[int]
    TAKE_FIELD_NUMBER: _ClassVar[int]
    tool: str
    args_json: bytes
    idempotency_key: str
    run_id: str
    timeout: _duration_pb2.Duration
    wait: _duration_pb2.Duration
    mode: RunMode
    recording: str
    call_token: str
    schema_form: _tool_pb2.SchemaForm
    step: str
    occurrence: int
    take: str
    def __init__(self, tool: _Optional[str] = ..., args_json: _Optional[bytes] = ..., idempotency_key: _Optional[str] = ..., run_id: _Optional[str] = ..., timeout: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., wait: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., mode: _Optional[_Union[RunMode, str]] = ..., recording: _Optional[str] = ..., call_token: _Optional[str] = ..., schema_form: _Optional[_Union[_tool_pb2.SchemaForm, str]] = ..., step: _Optional[str] = ..., occurrence: _Optional[int] = ..., take: _Optional[str] = ...) -> None: ...

class InvokeResponse(_message.Message):
    __slots__ = ("invocation",)
    INVOCATION_FIELD_NUMBER: _ClassVar[int]
    invocation: _invocation_pb2.Invocation
    def __init__(self, invocation: _Optional[_Union[_invocation_pb2.Invocation, _Mapping]] = ...) -> None: ...

class PreviewInvocationRequest(_message.Message):
    __slots__ = ("tool", "args_json", "schema_form")
    TOOL_FIELD_NUMBER: _ClassVar[int]
    ARGS_JSON_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FORM_FIELD_NUMBER: _ClassVar[int]
    tool: str
    args_json: bytes
    schema_form: _tool_pb2.SchemaForm
    def __init__(self, tool: _Optional[str] = ..., args_json: _Optional[bytes] = ..., schema_form: _Optional[_Union[_tool_pb2.SchemaForm, str]] = ...) -> None: ...

class PreviewInvocationResponse(_message.Message):
    __slots__ = ("tool", "tool_digest", "effect", "request", "program", "refusals")
    TOOL_FIELD_NUMBER: _ClassVar[int]
    TOOL_DIGEST_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    tool: str
    tool_digest: str
    effect: _tool_pb2.Effect
    request: PreviewedRequest
    program: PreviewedProgram
    refusals: _containers.RepeatedCompositeFieldContainer[_error_pb2.ErrorDetail]
    def __init__(self, tool: _Optional[str] = ..., tool_digest: _Optional[str] = ..., effect: _Optional[_Union[_tool_pb2.Effect, str]] = ..., request: _Optional[_Union[PreviewedRequest, _Mapping]] = ..., program: _Optional[_Union[PreviewedProgram, _Mapping]] = ..., refusals: _Optional[_Iterable[_Union[_error_pb2.ErrorDetail, _Mapping]]] = ...) -> None: ...

class PreviewedRequest(_message.Message):
    __slots__ = ("method", "url", "headers", "body", "body_length")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    BODY_LENGTH_FIELD_NUMBER: _ClassVar[int]
    method: str
    url: str
    headers: _containers.RepeatedCompositeFieldContainer[PreviewedHeader]
    body: bytes
    body_length: int
    def __init__(self, method: _Optional[str] = ..., url: _Optional[str] = ..., headers: _Optional[_Iterable[_Union[PreviewedHeader, _Mapping]]] = ..., body: _Optional[bytes] = ..., body_length: _Optional[int] = ...) -> None: ...

class PreviewedHeader(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class PreviewedProgram(_message.Message):
    __slots__ = ("image", "command", "input", "input_length")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    INPUT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    image: str
    command: _containers.RepeatedScalarFieldContainer[str]
    input: bytes
    input_length: int
    def __init__(self, image: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ..., input: _Optional[bytes] = ..., input_length: _Optional[int] = ...) -> None: ...

class GetInvocationRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetInvocationResponse(_message.Message):
    __slots__ = ("invocation",)
    INVOCATION_FIELD_NUMBER: _ClassVar[int]
    invocation: _invocation_pb2.Invocation
    def __init__(self, invocation: _Optional[_Union[_invocation_pb2.Invocation, _Mapping]] = ...) -> None: ...

class FindInvocationRequest(_message.Message):
    __slots__ = ("idempotency_key",)
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    idempotency_key: str
    def __init__(self, idempotency_key: _Optional[str] = ...) -> None: ...

class FindInvocationResponse(_message.Message):
    __slots__ = ("invocation",)
    INVOCATION_FIELD_NUMBER: _ClassVar[int]
    invocation: _invocation_pb2.Invocation
    def __init__(self, invocation: _Optional[_Union[_invocation_pb2.Invocation, _Mapping]] = ...) -> None: ...

class ListInvocationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "tool", "states", "run_id", "idempotency_key", "start_time", "end_time", "agent", "subject")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    tool: str
    states: _containers.RepeatedScalarFieldContainer[_invocation_pb2.InvocationState]
    run_id: str
    idempotency_key: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    agent: str
    subject: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., tool: _Optional[str] = ..., states: _Optional[_Iterable[_Union[_invocation_pb2.InvocationState, str]]] = ..., run_id: _Optional[str] = ..., idempotency_key: _Optional[str] = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., agent: _Optional[str] = ..., subject: _Optional[str] = ...) -> None: ...

class ListInvocationsResponse(_message.Message):
    __slots__ = ("invocations", "next_page_token")
    INVOCATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    invocations: _containers.RepeatedCompositeFieldContainer[_invocation_pb2.InvocationSummary]
    next_page_token: str
    def __init__(self, invocations: _Optional[_Iterable[_Union[_invocation_pb2.InvocationSummary, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchInvocationRequest(_message.Message):
    __slots__ = ("id", "after", "until_settled", "answer_events", "after_answer_attempt", "after_answer_number")
    ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    UNTIL_SETTLED_FIELD_NUMBER: _ClassVar[int]
    ANSWER_EVENTS_FIELD_NUMBER: _ClassVar[int]
    AFTER_ANSWER_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    AFTER_ANSWER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    id: str
    after: int
    until_settled: bool
    answer_events: bool
    after_answer_attempt: int
    after_answer_number: int
    def __init__(self, id: _Optional[str] = ..., after: _Optional[int] = ..., until_settled: bool = ..., answer_events: bool = ..., after_answer_attempt: _Optional[int] = ..., after_answer_number: _Optional[int] = ...) -> None: ...

class WatchInvocationResponse(_message.Message):
    __slots__ = ("event", "heartbeat", "answer_event")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    ANSWER_EVENT_FIELD_NUMBER: _ClassVar[int]
    event: _invocation_pb2.InvocationEvent
    heartbeat: _invocation_pb2.Heartbeat
    answer_event: _invocation_pb2.AnswerEvent
    def __init__(self, event: _Optional[_Union[_invocation_pb2.InvocationEvent, _Mapping]] = ..., heartbeat: _Optional[_Union[_invocation_pb2.Heartbeat, _Mapping]] = ..., answer_event: _Optional[_Union[_invocation_pb2.AnswerEvent, _Mapping]] = ...) -> None: ...

class GetExchangeRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetExchangeResponse(_message.Message):
    __slots__ = ("exchange",)
    EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    exchange: Exchange
    def __init__(self, exchange: _Optional[_Union[Exchange, _Mapping]] = ...) -> None: ...

class Exchange(_message.Message):
    __slots__ = ("id", "tool", "tool_digest", "agent", "subject", "run_id", "arguments_json", "outcome", "end_time", "expire_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    TOOL_DIGEST_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_JSON_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    tool: str
    tool_digest: str
    agent: str
    subject: str
    run_id: str
    arguments_json: bytes
    outcome: _invocation_pb2.Outcome
    end_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., tool: _Optional[str] = ..., tool_digest: _Optional[str] = ..., agent: _Optional[str] = ..., subject: _Optional[str] = ..., run_id: _Optional[str] = ..., arguments_json: _Optional[bytes] = ..., outcome: _Optional[_Union[_invocation_pb2.Outcome, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EraseExchangesRequest(_message.Message):
    __slots__ = ("tenant",)
    TENANT_FIELD_NUMBER: _ClassVar[int]
    tenant: str
    def __init__(self, tenant: _Optional[str] = ...) -> None: ...

class EraseExchangesResponse(_message.Message):
    __slots__ = ("erased",)
    ERASED_FIELD_NUMBER: _ClassVar[int]
    erased: int
    def __init__(self, erased: _Optional[int] = ...) -> None: ...

class CancelInvocationRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CancelInvocationResponse(_message.Message):
    __slots__ = ("invocation",)
    INVOCATION_FIELD_NUMBER: _ClassVar[int]
    invocation: _invocation_pb2.Invocation
    def __init__(self, invocation: _Optional[_Union[_invocation_pb2.Invocation, _Mapping]] = ...) -> None: ...
