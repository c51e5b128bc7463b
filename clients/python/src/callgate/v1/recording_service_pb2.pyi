from callgate.v1 import error_pb2 as _error_pb2
from callgate.v1 import invocation_pb2 as _invocation_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecordingEntry(_message.Message):
    __slots__ = ("tool", "tool_digest", "arguments_digest", "occurrence", "outcome", "arguments_json", "step", "begun", "ended", "refusal", "cost", "run_id")
    TOOL_FIELD_NUMBER: _ClassVar[int]
    TOOL_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_JSON_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    BEGUN_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    tool: str
    tool_digest: str
    arguments_digest: str
    occurrence: int
    outcome: _invocation_pb2.Outcome
    arguments_json: bytes
    step: str
    begun: int
    ended: int
    refusal: _error_pb2.ErrorDetail
    cost: _invocation_pb2.InvocationCost
    run_id: str
    def __init__(self, tool: _Optional[str] = ..., tool_digest: _Optional[str] = ..., arguments_digest: _Optional[str] = ..., occurrence: _Optional[int] = ..., outcome: _Optional[_Union[_invocation_pb2.Outcome, _Mapping]] = ..., arguments_json: _Optional[bytes] = ..., step: _Optional[str] = ..., begun: _Optional[int] = ..., ended: _Optional[int] = ..., refusal: _Optional[_Union[_error_pb2.ErrorDetail, _Mapping]] = ..., cost: _Optional[_Union[_invocation_pb2.InvocationCost, _Mapping]] = ..., run_id: _Optional[str] = ...) -> None: ...

class ExportRecordingRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExportRecordingResponse(_message.Message):
    __slots__ = ("entry",)
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    entry: RecordingEntry
    def __init__(self, entry: _Optional[_Union[RecordingEntry, _Mapping]] = ...) -> None: ...

class ImportRecordingRequest(_message.Message):
    __slots__ = ("name", "entry")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    name: str
    entry: RecordingEntry
    def __init__(self, name: _Optional[str] = ..., entry: _Optional[_Union[RecordingEntry, _Mapping]] = ...) -> None: ...

class ImportRecordingResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: int
    def __init__(self, entries: _Optional[int] = ...) -> None: ...

class DeleteRecordingRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeleteRecordingResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
