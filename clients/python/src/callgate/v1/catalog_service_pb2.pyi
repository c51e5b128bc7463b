from callgate.v1 import tool_pb2 as _tool_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImportToolsetRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: ImportHeader
    chunk: bytes
    def __init__(self, header: _Optional[_Union[ImportHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class ImportHeader(_message.Message):
    __slots__ = ("toolset", "server", "credentials", "require_approval", "origin", "manifest")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_APPROVAL_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    server: str
    credentials: _containers.RepeatedCompositeFieldContainer[CredentialBinding]
    require_approval: _containers.RepeatedScalarFieldContainer[str]
    origin: str
    manifest: bytes
    def __init__(self, toolset: _Optional[str] = ..., server: _Optional[str] = ..., credentials: _Optional[_Iterable[_Union[CredentialBinding, _Mapping]]] = ..., require_approval: _Optional[_Iterable[str]] = ..., origin: _Optional[str] = ..., manifest: _Optional[bytes] = ...) -> None: ...

class CredentialBinding(_message.Message):
    __slots__ = ("scheme", "path", "field")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    scheme: str
    path: str
    field: str
    def __init__(self, scheme: _Optional[str] = ..., path: _Optional[str] = ..., field: _Optional[str] = ...) -> None: ...

class ImportToolsetResponse(_message.Message):
    __slots__ = ("tools", "faults", "added", "unchanged", "roles")
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    tools: _containers.RepeatedCompositeFieldContainer[_tool_pb2.Tool]
    faults: _containers.RepeatedCompositeFieldContainer[ImportFault]
    added: int
    unchanged: int
    roles: _containers.RepeatedCompositeFieldContainer[CredentialRole]
    def __init__(self, tools: _Optional[_Iterable[_Union[_tool_pb2.Tool, _Mapping]]] = ..., faults: _Optional[_Iterable[_Union[ImportFault, _Mapping]]] = ..., added: _Optional[int] = ..., unchanged: _Optional[int] = ..., roles: _Optional[_Iterable[_Union[CredentialRole, _Mapping]]] = ...) -> None: ...

class CredentialRole(_message.Message):
    __slots__ = ("name", "secret_path", "max_ttl")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECRET_PATH_FIELD_NUMBER: _ClassVar[int]
    MAX_TTL_FIELD_NUMBER: _ClassVar[int]
    name: str
    secret_path: str
    max_ttl: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., secret_path: _Optional[str] = ..., max_ttl: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ImportFault(_message.Message):
    __slots__ = ("pointer", "message", "cure")
    POINTER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CURE_FIELD_NUMBER: _ClassVar[int]
    pointer: str
    message: str
    cure: str
    def __init__(self, pointer: _Optional[str] = ..., message: _Optional[str] = ..., cure: _Optional[str] = ...) -> None: ...

class ListToolsRequest(_message.Message):
    __slots__ = ("toolset", "page_size", "page_token")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    page_size: int
    page_token: str
    def __init__(self, toolset: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListToolsResponse(_message.Message):
    __slots__ = ("tools", "next_page_token")
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tools: _containers.RepeatedCompositeFieldContainer[_tool_pb2.Tool]
    next_page_token: str
    def __init__(self, tools: _Optional[_Iterable[_Union[_tool_pb2.Tool, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetToolRequest(_message.Message):
    __slots__ = ("tool",)
    TOOL_FIELD_NUMBER: _ClassVar[int]
    tool: str
    def __init__(self, tool: _Optional[str] = ...) -> None: ...

class GetToolResponse(_message.Message):
    __slots__ = ("tool",)
    TOOL_FIELD_NUMBER: _ClassVar[int]
    tool: _tool_pb2.Tool
    def __init__(self, tool: _Optional[_Union[_tool_pb2.Tool, _Mapping]] = ...) -> None: ...
