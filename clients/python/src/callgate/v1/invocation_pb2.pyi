from callgate.v1 import fault_code_pb2 as _fault_code_pb2
from callgate.v1 import tool_pb2 as _tool_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InvocationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INVOCATION_STATE_UNSPECIFIED: _ClassVar[InvocationState]
    INVOCATION_STATE_PENDING: _ClassVar[InvocationState]
    INVOCATION_STATE_DISPATCHED: _ClassVar[InvocationState]
    INVOCATION_STATE_RETRY_WAIT: _ClassVar[InvocationState]
    INVOCATION_STATE_SUCCEEDED: _ClassVar[InvocationState]
    INVOCATION_STATE_FAILED: _ClassVar[InvocationState]
    INVOCATION_STATE_CANCELLED: _ClassVar[InvocationState]
    INVOCATION_STATE_UNKNOWN: _ClassVar[InvocationState]

class Evidence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVIDENCE_UNSPECIFIED: _ClassVar[Evidence]
    EVIDENCE_NOT_SENT: _ClassVar[Evidence]
    EVIDENCE_SENT: _ClassVar[Evidence]
    EVIDENCE_RESPONDED: _ClassVar[Evidence]
    EVIDENCE_NOT_DONE: _ClassVar[Evidence]

class AttemptPhaseKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTEMPT_PHASE_KIND_UNSPECIFIED: _ClassVar[AttemptPhaseKind]
    ATTEMPT_PHASE_KIND_LEASE: _ClassVar[AttemptPhaseKind]
    ATTEMPT_PHASE_KIND_CREDENTIAL: _ClassVar[AttemptPhaseKind]
    ATTEMPT_PHASE_KIND_SECRET: _ClassVar[AttemptPhaseKind]
    ATTEMPT_PHASE_KIND_CONNECT: _ClassVar[AttemptPhaseKind]
    ATTEMPT_PHASE_KIND_PERMISSION: _ClassVar[AttemptPhaseKind]
    ATTEMPT_PHASE_KIND_EXCHANGE: _ClassVar[AttemptPhaseKind]
    ATTEMPT_PHASE_KIND_PROGRAM: _ClassVar[AttemptPhaseKind]

class LimitKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIMIT_KIND_UNSPECIFIED: _ClassVar[LimitKind]
    LIMIT_KIND_RESPONSE_BYTES: _ClassVar[LimitKind]
    LIMIT_KIND_EGRESS: _ClassVar[LimitKind]
    LIMIT_KIND_MEMORY: _ClassVar[LimitKind]
    LIMIT_KIND_QUOTA: _ClassVar[LimitKind]
    LIMIT_KIND_ARTIFACT_BYTES: _ClassVar[LimitKind]
INVOCATION_STATE_UNSPECIFIED: InvocationState
INVOCATION_STATE_PENDING: InvocationState
INVOCATION_STATE_DISPATCHED: InvocationState
INVOCATION_STATE_RETRY_WAIT: InvocationState
INVOCATION_STATE_SUCCEEDED: InvocationState
INVOCATION_STATE_FAILED: InvocationState
INVOCATION_STATE_CANCELLED: InvocationState
INVOCATION_STATE_UNKNOWN: InvocationState
EVIDENCE_UNSPECIFIED: Evidence
EVIDENCE_NOT_SENT: Evidence
EVIDENCE_SENT: Evidence
EVIDENCE_RESPONDED: Evidence
EVIDENCE_NOT_DONE: Evidence
ATTEMPT_PHASE_KIND_UNSPECIFIED: AttemptPhaseKind
ATTEMPT_PHASE_KIND_LEASE: AttemptPhaseKind
ATTEMPT_PHASE_KIND_CREDENTIAL: AttemptPhaseKind
ATTEMPT_PHASE_KIND_SECRET: AttemptPhaseKind
ATTEMPT_PHASE_KIND_CONNECT: AttemptPhaseKind
ATTEMPT_PHASE_KIND_PERMISSION: AttemptPhaseKind
ATTEMPT_PHASE_KIND_EXCHANGE: AttemptPhaseKind
ATTEMPT_PHASE_KIND_PROGRAM: AttemptPhaseKind
LIMIT_KIND_UNSPECIFIED: LimitKind
LIMIT_KIND_RESPONSE_BYTES: LimitKind
LIMIT_KIND_EGRESS: LimitKind
LIMIT_KIND_MEMORY: LimitKind
LIMIT_KIND_QUOTA: LimitKind
LIMIT_KIND_ARTIFACT_BYTES: LimitKind

class InvocationAttempt(_message.Message):
    __slots__ = ("number", "box", "token_accessor", "evidence", "http_status", "fault", "bytes_out", "bytes_in", "hosts", "phases", "start_time", "duration", "connections")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ACCESSOR_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    BYTES_OUT_FIELD_NUMBER: _ClassVar[int]
    BYTES_IN_FIELD_NUMBER: _ClassVar[int]
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    PHASES_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    number: int
    box: str
    token_accessor: str
    evidence: Evidence
    http_status: int
    fault: _fault_code_pb2.FaultCode
    bytes_out: int
    bytes_in: int
    hosts: _containers.RepeatedScalarFieldContainer[str]
    phases: _containers.RepeatedCompositeFieldContainer[AttemptPhase]
    start_time: _timestamp_pb2.Timestamp
    duration: _duration_pb2.Duration
    connections: _containers.RepeatedCompositeFieldContainer[AttemptConnection]
    def __init__(self, number: _Optional[int] = ..., box: _Optional[str] = ..., token_accessor: _Optional[str] = ..., evidence: _Optional[_Union[Evidence, str]] = ..., http_status: _Optional[int] = ..., fault: _Optional[_Union[_fault_code_pb2.FaultCode, str]] = ..., bytes_out: _Optional[int] = ..., bytes_in: _Optional[int] = ..., hosts: _Optional[_Iterable[str]] = ..., phases: _Optional[_Iterable[_Union[AttemptPhase, _Mapping]]] = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., connections: _Optional[_Iterable[_Union[AttemptConnection, _Mapping]]] = ...) -> None: ...

class AttemptConnection(_message.Message):
    __slots__ = ("host", "port", "address", "verdict", "bytes_out", "bytes_in")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    BYTES_OUT_FIELD_NUMBER: _ClassVar[int]
    BYTES_IN_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    address: str
    verdict: str
    bytes_out: int
    bytes_in: int
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., address: _Optional[str] = ..., verdict: _Optional[str] = ..., bytes_out: _Optional[int] = ..., bytes_in: _Optional[int] = ...) -> None: ...

class AttemptPhase(_message.Message):
    __slots__ = ("kind", "offset", "duration")
    KIND_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    kind: AttemptPhaseKind
    offset: _duration_pb2.Duration
    duration: _duration_pb2.Duration
    def __init__(self, kind: _Optional[_Union[AttemptPhaseKind, str]] = ..., offset: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Outcome(_message.Message):
    __slots__ = ("succeeded", "tool_failed", "limit_exceeded", "timed_out", "cancelled", "sandbox_failed", "unknown")
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    TOOL_FAILED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_EXCEEDED_FIELD_NUMBER: _ClassVar[int]
    TIMED_OUT_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_FAILED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    succeeded: Succeeded
    tool_failed: ToolFailed
    limit_exceeded: LimitExceeded
    timed_out: TimedOut
    cancelled: Cancelled
    sandbox_failed: SandboxFailed
    unknown: Unknown
    def __init__(self, succeeded: _Optional[_Union[Succeeded, _Mapping]] = ..., tool_failed: _Optional[_Union[ToolFailed, _Mapping]] = ..., limit_exceeded: _Optional[_Union[LimitExceeded, _Mapping]] = ..., timed_out: _Optional[_Union[TimedOut, _Mapping]] = ..., cancelled: _Optional[_Union[Cancelled, _Mapping]] = ..., sandbox_failed: _Optional[_Union[SandboxFailed, _Mapping]] = ..., unknown: _Optional[_Union[Unknown, _Mapping]] = ...) -> None: ...

class Succeeded(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: ToolResult
    def __init__(self, result: _Optional[_Union[ToolResult, _Mapping]] = ...) -> None: ...

class ToolFailed(_message.Message):
    __slots__ = ("result", "fault", "message", "effect_possible", "http_status", "retry_after", "not_done")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_POSSIBLE_FIELD_NUMBER: _ClassVar[int]
    HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    NOT_DONE_FIELD_NUMBER: _ClassVar[int]
    result: ToolResult
    fault: _fault_code_pb2.FaultCode
    message: str
    effect_possible: bool
    http_status: int
    retry_after: _duration_pb2.Duration
    not_done: bool
    def __init__(self, result: _Optional[_Union[ToolResult, _Mapping]] = ..., fault: _Optional[_Union[_fault_code_pb2.FaultCode, str]] = ..., message: _Optional[str] = ..., effect_possible: bool = ..., http_status: _Optional[int] = ..., retry_after: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., not_done: bool = ...) -> None: ...

class LimitExceeded(_message.Message):
    __slots__ = ("limit", "message", "effect_possible", "http_status", "not_done", "result")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_POSSIBLE_FIELD_NUMBER: _ClassVar[int]
    HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
    NOT_DONE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    limit: LimitKind
    message: str
    effect_possible: bool
    http_status: int
    not_done: bool
    result: ToolResult
    def __init__(self, limit: _Optional[_Union[LimitKind, str]] = ..., message: _Optional[str] = ..., effect_possible: bool = ..., http_status: _Optional[int] = ..., not_done: bool = ..., result: _Optional[_Union[ToolResult, _Mapping]] = ...) -> None: ...

class TimedOut(_message.Message):
    __slots__ = ("message", "effect_possible", "http_status", "not_done", "result")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_POSSIBLE_FIELD_NUMBER: _ClassVar[int]
    HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
    NOT_DONE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    message: str
    effect_possible: bool
    http_status: int
    not_done: bool
    result: ToolResult
    def __init__(self, message: _Optional[str] = ..., effect_possible: bool = ..., http_status: _Optional[int] = ..., not_done: bool = ..., result: _Optional[_Union[ToolResult, _Mapping]] = ...) -> None: ...

class Cancelled(_message.Message):
    __slots__ = ("effect_possible",)
    EFFECT_POSSIBLE_FIELD_NUMBER: _ClassVar[int]
    effect_possible: bool
    def __init__(self, effect_possible: bool = ...) -> None: ...

class SandboxFailed(_message.Message):
    __slots__ = ("fault", "message", "effect_possible", "not_done")
    FAULT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_POSSIBLE_FIELD_NUMBER: _ClassVar[int]
    NOT_DONE_FIELD_NUMBER: _ClassVar[int]
    fault: _fault_code_pb2.FaultCode
    message: str
    effect_possible: bool
    not_done: bool
    def __init__(self, fault: _Optional[_Union[_fault_code_pb2.FaultCode, str]] = ..., message: _Optional[str] = ..., effect_possible: bool = ..., not_done: bool = ...) -> None: ...

class Unknown(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: str
    def __init__(self, message: _Optional[str] = ...) -> None: ...

class ToolResult(_message.Message):
    __slots__ = ("http_status", "content_type", "body", "matches_schema", "links", "headers", "headers_left_out", "shown", "pages", "artifact")
    HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    MATCHES_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    HEADERS_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    PAGES_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    http_status: int
    content_type: str
    body: bytes
    matches_schema: bool
    links: _containers.RepeatedCompositeFieldContainer[ResultLink]
    headers: _containers.RepeatedCompositeFieldContainer[ResultHeader]
    headers_left_out: int
    shown: ShownPart
    pages: ResultPages
    artifact: ResultArtifact
    def __init__(self, http_status: _Optional[int] = ..., content_type: _Optional[str] = ..., body: _Optional[bytes] = ..., matches_schema: bool = ..., links: _Optional[_Iterable[_Union[ResultLink, _Mapping]]] = ..., headers: _Optional[_Iterable[_Union[ResultHeader, _Mapping]]] = ..., headers_left_out: _Optional[int] = ..., shown: _Optional[_Union[ShownPart, _Mapping]] = ..., pages: _Optional[_Union[ResultPages, _Mapping]] = ..., artifact: _Optional[_Union[ResultArtifact, _Mapping]] = ...) -> None: ...

class ShownPart(_message.Message):
    __slots__ = ("projection", "matched_nothing", "whole_bytes", "items_left_out", "bytes_left_out", "message", "unmatched")
    PROJECTION_FIELD_NUMBER: _ClassVar[int]
    MATCHED_NOTHING_FIELD_NUMBER: _ClassVar[int]
    WHOLE_BYTES_FIELD_NUMBER: _ClassVar[int]
    ITEMS_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    BYTES_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    UNMATCHED_FIELD_NUMBER: _ClassVar[int]
    projection: str
    matched_nothing: bool
    whole_bytes: int
    items_left_out: int
    bytes_left_out: int
    message: str
    unmatched: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, projection: _Optional[str] = ..., matched_nothing: bool = ..., whole_bytes: _Optional[int] = ..., items_left_out: _Optional[int] = ..., bytes_left_out: _Optional[int] = ..., message: _Optional[str] = ..., unmatched: _Optional[_Iterable[str]] = ...) -> None: ...

class ResultPages(_message.Message):
    __slots__ = ("fetched", "items", "more", "next_arguments_json", "stopped", "message")
    FETCHED_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    NEXT_ARGUMENTS_JSON_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    fetched: int
    items: int
    more: bool
    next_arguments_json: bytes
    stopped: str
    message: str
    def __init__(self, fetched: _Optional[int] = ..., items: _Optional[int] = ..., more: bool = ..., next_arguments_json: _Optional[bytes] = ..., stopped: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ResultArtifact(_message.Message):
    __slots__ = ("id", "media_type", "size", "sha256", "expire_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    media_type: str
    size: int
    sha256: str
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., media_type: _Optional[str] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ResultHeader(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class ResultLink(_message.Message):
    __slots__ = ("relation", "target")
    RELATION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    relation: str
    target: str
    def __init__(self, relation: _Optional[str] = ..., target: _Optional[str] = ...) -> None: ...

class InvocationEvent(_message.Message):
    __slots__ = ("number", "time", "state", "kind", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    number: int
    time: _timestamp_pb2.Timestamp
    state: InvocationState
    kind: str
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, number: _Optional[int] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[InvocationState, str]] = ..., kind: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class AnswerEvent(_message.Message):
    __slots__ = ("attempt", "number", "data", "type", "id", "left_out", "artifact")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    number: int
    data: bytes
    type: str
    id: str
    left_out: bool
    artifact: str
    def __init__(self, attempt: _Optional[int] = ..., number: _Optional[int] = ..., data: _Optional[bytes] = ..., type: _Optional[str] = ..., id: _Optional[str] = ..., left_out: bool = ..., artifact: _Optional[str] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Invocation(_message.Message):
    __slots__ = ("id", "tool", "tool_digest", "effect", "state", "outcome", "attempts", "trace_id", "from_record", "accept_time", "end_time", "run_id", "under_review", "outcome_source", "key_retention", "key_expire_time", "cost", "step", "occurrence")
    ID_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    TOOL_DIGEST_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_RECORD_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    UNDER_REVIEW_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_SOURCE_FIELD_NUMBER: _ClassVar[int]
    KEY_RETENTION_FIELD_NUMBER: _ClassVar[int]
    KEY_EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    tool: str
    tool_digest: str
    effect: _tool_pb2.Effect
    state: InvocationState
    outcome: Outcome
    attempts: _containers.RepeatedCompositeFieldContainer[InvocationAttempt]
    trace_id: str
    from_record: bool
    accept_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    run_id: str
    under_review: bool
    outcome_source: str
    key_retention: _duration_pb2.Duration
    key_expire_time: _timestamp_pb2.Timestamp
    cost: InvocationCost
    step: str
    occurrence: int
    def __init__(self, id: _Optional[str] = ..., tool: _Optional[str] = ..., tool_digest: _Optional[str] = ..., effect: _Optional[_Union[_tool_pb2.Effect, str]] = ..., state: _Optional[_Union[InvocationState, str]] = ..., outcome: _Optional[_Union[Outcome, _Mapping]] = ..., attempts: _Optional[_Iterable[_Union[InvocationAttempt, _Mapping]]] = ..., trace_id: _Optional[str] = ..., from_record: bool = ..., accept_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., run_id: _Optional[str] = ..., under_review: bool = ..., outcome_source: _Optional[str] = ..., key_retention: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., key_expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., cost: _Optional[_Union[InvocationCost, _Mapping]] = ..., step: _Optional[str] = ..., occurrence: _Optional[int] = ...) -> None: ...

class InvocationCost(_message.Message):
    __slots__ = ("amount", "counts", "missing")
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    amount: float
    counts: _containers.RepeatedCompositeFieldContainer[InvocationCount]
    missing: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, amount: _Optional[float] = ..., counts: _Optional[_Iterable[_Union[InvocationCount, _Mapping]]] = ..., missing: _Optional[_Iterable[str]] = ...) -> None: ...

class InvocationCount(_message.Message):
    __slots__ = ("name", "count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    count: float
    def __init__(self, name: _Optional[str] = ..., count: _Optional[float] = ...) -> None: ...

class InvocationSummary(_message.Message):
    __slots__ = ("id", "tool", "effect", "state", "accept_time", "end_time", "attempt_count", "run_id", "under_review", "trace_id", "agent", "subject", "step", "occurrence", "fault", "cost")
    ID_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_COUNT_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    UNDER_REVIEW_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCE_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    id: str
    tool: str
    effect: _tool_pb2.Effect
    state: InvocationState
    accept_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    attempt_count: int
    run_id: str
    under_review: bool
    trace_id: str
    agent: str
    subject: str
    step: str
    occurrence: int
    fault: _fault_code_pb2.FaultCode
    cost: float
    def __init__(self, id: _Optional[str] = ..., tool: _Optional[str] = ..., effect: _Optional[_Union[_tool_pb2.Effect, str]] = ..., state: _Optional[_Union[InvocationState, str]] = ..., accept_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., attempt_count: _Optional[int] = ..., run_id: _Optional[str] = ..., under_review: bool = ..., trace_id: _Optional[str] = ..., agent: _Optional[str] = ..., subject: _Optional[str] = ..., step: _Optional[str] = ..., occurrence: _Optional[int] = ..., fault: _Optional[_Union[_fault_code_pb2.FaultCode, str]] = ..., cost: _Optional[float] = ...) -> None: ...
