from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_REASON_UNSPECIFIED: _ClassVar[ErrorReason]
    ERROR_REASON_REQUEST_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_ARGUMENTS_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_UNAUTHENTICATED: _ClassVar[ErrorReason]
    ERROR_REASON_NOT_PERMITTED: _ClassVar[ErrorReason]
    ERROR_REASON_TOOL_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_INVOCATION_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_KEY_REUSED: _ClassVar[ErrorReason]
    ERROR_REASON_DOCUMENT_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_DOCUMENT_TOO_LARGE: _ClassVar[ErrorReason]
    ERROR_REASON_APPROVAL_REQUIRED: _ClassVar[ErrorReason]
    ERROR_REASON_REVIEW_NOT_OPEN: _ClassVar[ErrorReason]
    ERROR_REASON_PRINCIPAL_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_HOST_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_HOST_LIVES: _ClassVar[ErrorReason]
    ERROR_REASON_RECORDING_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_REPLAY_MISSED: _ClassVar[ErrorReason]
    ERROR_REASON_ARTIFACT_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_ARTIFACT_EXPIRED: _ClassVar[ErrorReason]
    ERROR_REASON_ENGINE_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_VAULT_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_CREDENTIAL_NOT_PROVISIONED: _ClassVar[ErrorReason]
    ERROR_REASON_STORE_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_STORE_ROLLED_BACK: _ClassVar[ErrorReason]
    ERROR_REASON_BOX_NOT_GONE: _ClassVar[ErrorReason]
    ERROR_REASON_QUOTA_EXCEEDED: _ClassVar[ErrorReason]
    ERROR_REASON_TOKEN_REFUSED: _ClassVar[ErrorReason]
    ERROR_REASON_TOKEN_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_CONNECT_AGAIN: _ClassVar[ErrorReason]
    ERROR_REASON_POOL_EXHAUSTED: _ClassVar[ErrorReason]
    ERROR_REASON_BUDGET_EXHAUSTED: _ClassVar[ErrorReason]
    ERROR_REASON_SHUTTING_DOWN: _ClassVar[ErrorReason]
    ERROR_REASON_CANCELLED: _ClassVar[ErrorReason]
    ERROR_REASON_UPSTREAM_OPEN: _ClassVar[ErrorReason]
    ERROR_REASON_GATEWAY_OVERLOADED: _ClassVar[ErrorReason]
    ERROR_REASON_ARTIFACTS_OFF: _ClassVar[ErrorReason]
    ERROR_REASON_ARTIFACTS_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_INTERNAL: _ClassVar[ErrorReason]
    ERROR_REASON_MANIFEST_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_VERSION_UNREADABLE: _ClassVar[ErrorReason]
    ERROR_REASON_TOOL_QUARANTINED: _ClassVar[ErrorReason]
    ERROR_REASON_TOOL_DISABLED: _ClassVar[ErrorReason]
    ERROR_REASON_TOOL_RETIRED: _ClassVar[ErrorReason]
    ERROR_REASON_TRANSITION_REFUSED: _ClassVar[ErrorReason]
    ERROR_REASON_RUN_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_RUN_PLAN_DIFFERS: _ClassVar[ErrorReason]
    ERROR_REASON_RUN_STATE_MOVED: _ClassVar[ErrorReason]
    ERROR_REASON_RUN_STATE_LOST: _ClassVar[ErrorReason]
    ERROR_REASON_RUN_ENDED: _ClassVar[ErrorReason]
    ERROR_REASON_RUN_KILLED: _ClassVar[ErrorReason]
ERROR_REASON_UNSPECIFIED: ErrorReason
ERROR_REASON_REQUEST_INVALID: ErrorReason
ERROR_REASON_ARGUMENTS_INVALID: ErrorReason
ERROR_REASON_UNAUTHENTICATED: ErrorReason
ERROR_REASON_NOT_PERMITTED: ErrorReason
ERROR_REASON_TOOL_NOT_FOUND: ErrorReason
ERROR_REASON_INVOCATION_NOT_FOUND: ErrorReason
ERROR_REASON_KEY_REUSED: ErrorReason
ERROR_REASON_DOCUMENT_INVALID: ErrorReason
ERROR_REASON_DOCUMENT_TOO_LARGE: ErrorReason
ERROR_REASON_APPROVAL_REQUIRED: ErrorReason
ERROR_REASON_REVIEW_NOT_OPEN: ErrorReason
ERROR_REASON_PRINCIPAL_NOT_FOUND: ErrorReason
ERROR_REASON_HOST_NOT_FOUND: ErrorReason
ERROR_REASON_HOST_LIVES: ErrorReason
ERROR_REASON_RECORDING_NOT_FOUND: ErrorReason
ERROR_REASON_REPLAY_MISSED: ErrorReason
ERROR_REASON_ARTIFACT_NOT_FOUND: ErrorReason
ERROR_REASON_ARTIFACT_EXPIRED: ErrorReason
ERROR_REASON_ENGINE_UNAVAILABLE: ErrorReason
ERROR_REASON_VAULT_UNAVAILABLE: ErrorReason
ERROR_REASON_CREDENTIAL_NOT_PROVISIONED: ErrorReason
ERROR_REASON_STORE_UNAVAILABLE: ErrorReason
ERROR_REASON_STORE_ROLLED_BACK: ErrorReason
ERROR_REASON_BOX_NOT_GONE: ErrorReason
ERROR_REASON_QUOTA_EXCEEDED: ErrorReason
ERROR_REASON_TOKEN_REFUSED: ErrorReason
ERROR_REASON_TOKEN_UNAVAILABLE: ErrorReason
ERROR_REASON_CONNECT_AGAIN: ErrorReason
ERROR_REASON_POOL_EXHAUSTED: ErrorReason
ERROR_REASON_BUDGET_EXHAUSTED: ErrorReason
ERROR_REASON_SHUTTING_DOWN: ErrorReason
ERROR_REASON_CANCELLED: ErrorReason
ERROR_REASON_UPSTREAM_OPEN: ErrorReason
ERROR_REASON_GATEWAY_OVERLOADED: ErrorReason
ERROR_REASON_ARTIFACTS_OFF: ErrorReason
ERROR_REASON_ARTIFACTS_UNAVAILABLE: ErrorReason
ERROR_REASON_INTERNAL: ErrorReason
ERROR_REASON_MANIFEST_INVALID: ErrorReason
ERROR_REASON_VERSION_UNREADABLE: ErrorReason
ERROR_REASON_TOOL_QUARANTINED: ErrorReason
ERROR_REASON_TOOL_DISABLED: ErrorReason
ERROR_REASON_TOOL_RETIRED: ErrorReason
ERROR_REASON_TRANSITION_REFUSED: ErrorReason
ERROR_REASON_RUN_NOT_FOUND: ErrorReason
ERROR_REASON_RUN_PLAN_DIFFERS: ErrorReason
ERROR_REASON_RUN_STATE_MOVED: ErrorReason
ERROR_REASON_RUN_STATE_LOST: ErrorReason
ERROR_REASON_RUN_ENDED: ErrorReason
ERROR_REASON_RUN_KILLED: ErrorReason

class ErrorDetail(_message.Message):
    __slots__ = ("reason", "message", "cure", "retryable", "retry_after", "violations", "invocation_id", "run_version")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CURE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    VIOLATIONS_FIELD_NUMBER: _ClassVar[int]
    INVOCATION_ID_FIELD_NUMBER: _ClassVar[int]
    RUN_VERSION_FIELD_NUMBER: _ClassVar[int]
    reason: ErrorReason
    message: str
    cure: str
    retryable: bool
    retry_after: _duration_pb2.Duration
    violations: _containers.RepeatedCompositeFieldContainer[Violation]
    invocation_id: str
    run_version: int
    def __init__(self, reason: _Optional[_Union[ErrorReason, str]] = ..., message: _Optional[str] = ..., cure: _Optional[str] = ..., retryable: bool = ..., retry_after: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., violations: _Optional[_Iterable[_Union[Violation, _Mapping]]] = ..., invocation_id: _Optional[str] = ..., run_version: _Optional[int] = ...) -> None: ...

class Violation(_message.Message):
    __slots__ = ("pointer", "expected")
    POINTER_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    pointer: str
    expected: str
    def __init__(self, pointer: _Optional[str] = ..., expected: _Optional[str] = ...) -> None: ...
