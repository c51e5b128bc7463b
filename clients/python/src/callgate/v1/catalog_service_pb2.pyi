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

class VersionLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERSION_LEVEL_UNSPECIFIED: _ClassVar[VersionLevel]
    VERSION_LEVEL_MAJOR: _ClassVar[VersionLevel]
    VERSION_LEVEL_MINOR: _ClassVar[VersionLevel]
    VERSION_LEVEL_PATCH: _ClassVar[VersionLevel]

class FindingSeverity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINDING_SEVERITY_UNSPECIFIED: _ClassVar[FindingSeverity]
    FINDING_SEVERITY_BREAKING: _ClassVar[FindingSeverity]
    FINDING_SEVERITY_COMPATIBLE: _ClassVar[FindingSeverity]
    FINDING_SEVERITY_TEXT: _ClassVar[FindingSeverity]

class ToolView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TOOL_VIEW_UNSPECIFIED: _ClassVar[ToolView]
    TOOL_VIEW_NAMES: _ClassVar[ToolView]

class VersionDeed(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERSION_DEED_UNSPECIFIED: _ClassVar[VersionDeed]
    VERSION_DEED_IMPORTED: _ClassVar[VersionDeed]
    VERSION_DEED_PROMOTED: _ClassVar[VersionDeed]
    VERSION_DEED_DEPRECATED: _ClassVar[VersionDeed]
    VERSION_DEED_DISABLED: _ClassVar[VersionDeed]
    VERSION_DEED_RETIRED: _ClassVar[VersionDeed]
VERSION_LEVEL_UNSPECIFIED: VersionLevel
VERSION_LEVEL_MAJOR: VersionLevel
VERSION_LEVEL_MINOR: VersionLevel
VERSION_LEVEL_PATCH: VersionLevel
FINDING_SEVERITY_UNSPECIFIED: FindingSeverity
FINDING_SEVERITY_BREAKING: FindingSeverity
FINDING_SEVERITY_COMPATIBLE: FindingSeverity
FINDING_SEVERITY_TEXT: FindingSeverity
TOOL_VIEW_UNSPECIFIED: ToolView
TOOL_VIEW_NAMES: ToolView
VERSION_DEED_UNSPECIFIED: VersionDeed
VERSION_DEED_IMPORTED: VersionDeed
VERSION_DEED_PROMOTED: VersionDeed
VERSION_DEED_DEPRECATED: VersionDeed
VERSION_DEED_DISABLED: VersionDeed
VERSION_DEED_RETIRED: VersionDeed

class ImportToolsetRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: ImportHeader
    chunk: bytes
    def __init__(self, header: _Optional[_Union[ImportHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class ImportHeader(_message.Message):
    __slots__ = ("toolset", "server", "credentials", "require_approval", "origin", "manifest", "dry_run", "require_promotion", "deprecate_missing", "overlays")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_APPROVAL_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_PROMOTION_FIELD_NUMBER: _ClassVar[int]
    DEPRECATE_MISSING_FIELD_NUMBER: _ClassVar[int]
    OVERLAYS_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    server: str
    credentials: _containers.RepeatedCompositeFieldContainer[CredentialSource]
    require_approval: _containers.RepeatedScalarFieldContainer[str]
    origin: str
    manifest: bytes
    dry_run: bool
    require_promotion: bool
    deprecate_missing: bool
    overlays: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, toolset: _Optional[str] = ..., server: _Optional[str] = ..., credentials: _Optional[_Iterable[_Union[CredentialSource, _Mapping]]] = ..., require_approval: _Optional[_Iterable[str]] = ..., origin: _Optional[str] = ..., manifest: _Optional[bytes] = ..., dry_run: bool = ..., require_promotion: bool = ..., deprecate_missing: bool = ..., overlays: _Optional[_Iterable[bytes]] = ...) -> None: ...

class CredentialSource(_message.Message):
    __slots__ = ("scheme", "path", "field", "username_field")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_FIELD_NUMBER: _ClassVar[int]
    scheme: str
    path: str
    field: str
    username_field: str
    def __init__(self, scheme: _Optional[str] = ..., path: _Optional[str] = ..., field: _Optional[str] = ..., username_field: _Optional[str] = ...) -> None: ...

class ImportToolsetResponse(_message.Message):
    __slots__ = ("progress", "report", "heartbeat")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    progress: ImportProgress
    report: ImportReport
    heartbeat: _invocation_pb2.Heartbeat
    def __init__(self, progress: _Optional[_Union[ImportProgress, _Mapping]] = ..., report: _Optional[_Union[ImportReport, _Mapping]] = ..., heartbeat: _Optional[_Union[_invocation_pb2.Heartbeat, _Mapping]] = ...) -> None: ...

class ImportProgress(_message.Message):
    __slots__ = ("done", "total", "faults")
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    done: int
    total: int
    faults: int
    def __init__(self, done: _Optional[int] = ..., total: _Optional[int] = ..., faults: _Optional[int] = ...) -> None: ...

class ImportReport(_message.Message):
    __slots__ = ("tools", "faults", "added", "unchanged", "roles", "changes")
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    tools: _containers.RepeatedCompositeFieldContainer[_tool_pb2.Tool]
    faults: _containers.RepeatedCompositeFieldContainer[ImportFault]
    added: int
    unchanged: int
    roles: _containers.RepeatedCompositeFieldContainer[CredentialRole]
    changes: _containers.RepeatedCompositeFieldContainer[ToolChange]
    def __init__(self, tools: _Optional[_Iterable[_Union[_tool_pb2.Tool, _Mapping]]] = ..., faults: _Optional[_Iterable[_Union[ImportFault, _Mapping]]] = ..., added: _Optional[int] = ..., unchanged: _Optional[int] = ..., roles: _Optional[_Iterable[_Union[CredentialRole, _Mapping]]] = ..., changes: _Optional[_Iterable[_Union[ToolChange, _Mapping]]] = ...) -> None: ...

class ToolChange(_message.Message):
    __slots__ = ("name", "fate", "version", "previous", "level", "held", "findings", "reason")
    class Fate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FATE_UNSPECIFIED: _ClassVar[ToolChange.Fate]
        FATE_ADDED: _ClassVar[ToolChange.Fate]
        FATE_UNCHANGED: _ClassVar[ToolChange.Fate]
        FATE_CHANGED: _ClassVar[ToolChange.Fate]
        FATE_REMOVED: _ClassVar[ToolChange.Fate]
    FATE_UNSPECIFIED: ToolChange.Fate
    FATE_ADDED: ToolChange.Fate
    FATE_UNCHANGED: ToolChange.Fate
    FATE_CHANGED: ToolChange.Fate
    FATE_REMOVED: ToolChange.Fate
    NAME_FIELD_NUMBER: _ClassVar[int]
    FATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    fate: ToolChange.Fate
    version: str
    previous: str
    level: VersionLevel
    held: bool
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    reason: str
    def __init__(self, name: _Optional[str] = ..., fate: _Optional[_Union[ToolChange.Fate, str]] = ..., version: _Optional[str] = ..., previous: _Optional[str] = ..., level: _Optional[_Union[VersionLevel, str]] = ..., held: bool = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., reason: _Optional[str] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("id", "severity", "pointer", "message", "action")
    ID_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    POINTER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    id: str
    severity: FindingSeverity
    pointer: str
    message: str
    action: str
    def __init__(self, id: _Optional[str] = ..., severity: _Optional[_Union[FindingSeverity, str]] = ..., pointer: _Optional[str] = ..., message: _Optional[str] = ..., action: _Optional[str] = ...) -> None: ...

class CredentialRole(_message.Message):
    __slots__ = ("name", "secret_path", "max_ttl", "issues", "further_paths", "keeps_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECRET_PATH_FIELD_NUMBER: _ClassVar[int]
    MAX_TTL_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    FURTHER_PATHS_FIELD_NUMBER: _ClassVar[int]
    KEEPS_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    secret_path: str
    max_ttl: _duration_pb2.Duration
    issues: bool
    further_paths: _containers.RepeatedScalarFieldContainer[str]
    keeps_at: str
    def __init__(self, name: _Optional[str] = ..., secret_path: _Optional[str] = ..., max_ttl: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., issues: bool = ..., further_paths: _Optional[_Iterable[str]] = ..., keeps_at: _Optional[str] = ...) -> None: ...

class ImportFault(_message.Message):
    __slots__ = ("pointer", "message", "cure", "refuses", "operations")
    POINTER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CURE_FIELD_NUMBER: _ClassVar[int]
    REFUSES_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    pointer: str
    message: str
    cure: str
    refuses: bool
    operations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, pointer: _Optional[str] = ..., message: _Optional[str] = ..., cure: _Optional[str] = ..., refuses: bool = ..., operations: _Optional[_Iterable[str]] = ...) -> None: ...

class ListToolsRequest(_message.Message):
    __slots__ = ("toolset", "page_size", "page_token", "name_pattern", "view", "schema_form", "token_budget")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NAME_PATTERN_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FORM_FIELD_NUMBER: _ClassVar[int]
    TOKEN_BUDGET_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    page_size: int
    page_token: str
    name_pattern: str
    view: ToolView
    schema_form: _tool_pb2.SchemaForm
    token_budget: int
    def __init__(self, toolset: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., name_pattern: _Optional[str] = ..., view: _Optional[_Union[ToolView, str]] = ..., schema_form: _Optional[_Union[_tool_pb2.SchemaForm, str]] = ..., token_budget: _Optional[int] = ...) -> None: ...

class ListToolsResponse(_message.Message):
    __slots__ = ("tools", "next_page_token")
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tools: _containers.RepeatedCompositeFieldContainer[_tool_pb2.Tool]
    next_page_token: str
    def __init__(self, tools: _Optional[_Iterable[_Union[_tool_pb2.Tool, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SearchToolsRequest(_message.Message):
    __slots__ = ("query", "toolset", "effects", "tags", "limit", "schema_form")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FORM_FIELD_NUMBER: _ClassVar[int]
    query: str
    toolset: str
    effects: _containers.RepeatedScalarFieldContainer[_tool_pb2.Effect]
    tags: _containers.RepeatedScalarFieldContainer[str]
    limit: int
    schema_form: _tool_pb2.SchemaForm
    def __init__(self, query: _Optional[str] = ..., toolset: _Optional[str] = ..., effects: _Optional[_Iterable[_Union[_tool_pb2.Effect, str]]] = ..., tags: _Optional[_Iterable[str]] = ..., limit: _Optional[int] = ..., schema_form: _Optional[_Union[_tool_pb2.SchemaForm, str]] = ...) -> None: ...

class SearchToolsResponse(_message.Message):
    __slots__ = ("tools",)
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    tools: _containers.RepeatedCompositeFieldContainer[FoundTool]
    def __init__(self, tools: _Optional[_Iterable[_Union[FoundTool, _Mapping]]] = ...) -> None: ...

class FoundTool(_message.Message):
    __slots__ = ("tool", "score")
    TOOL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    tool: _tool_pb2.Tool
    score: float
    def __init__(self, tool: _Optional[_Union[_tool_pb2.Tool, _Mapping]] = ..., score: _Optional[float] = ...) -> None: ...

class GetToolRequest(_message.Message):
    __slots__ = ("tool", "schema_form", "token_budget")
    TOOL_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FORM_FIELD_NUMBER: _ClassVar[int]
    TOKEN_BUDGET_FIELD_NUMBER: _ClassVar[int]
    tool: str
    schema_form: _tool_pb2.SchemaForm
    token_budget: int
    def __init__(self, tool: _Optional[str] = ..., schema_form: _Optional[_Union[_tool_pb2.SchemaForm, str]] = ..., token_budget: _Optional[int] = ...) -> None: ...

class GetToolResponse(_message.Message):
    __slots__ = ("tool",)
    TOOL_FIELD_NUMBER: _ClassVar[int]
    tool: _tool_pb2.Tool
    def __init__(self, tool: _Optional[_Union[_tool_pb2.Tool, _Mapping]] = ...) -> None: ...

class ListVersionsRequest(_message.Message):
    __slots__ = ("toolset", "page_size", "page_token")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    page_size: int
    page_token: str
    def __init__(self, toolset: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVersionsResponse(_message.Message):
    __slots__ = ("tools", "next_page_token")
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tools: _containers.RepeatedCompositeFieldContainer[ToolVersions]
    next_page_token: str
    def __init__(self, tools: _Optional[_Iterable[_Union[ToolVersions, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ToolVersions(_message.Message):
    __slots__ = ("name", "toolset", "versions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    toolset: str
    versions: _containers.RepeatedCompositeFieldContainer[VersionStatus]
    def __init__(self, name: _Optional[str] = ..., toolset: _Optional[str] = ..., versions: _Optional[_Iterable[_Union[VersionStatus, _Mapping]]] = ...) -> None: ...

class VersionStatus(_message.Message):
    __slots__ = ("version", "digest", "state", "reason", "acts")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTS_FIELD_NUMBER: _ClassVar[int]
    version: str
    digest: str
    state: _tool_pb2.VersionState
    reason: str
    acts: _containers.RepeatedCompositeFieldContainer[VersionAct]
    def __init__(self, version: _Optional[str] = ..., digest: _Optional[str] = ..., state: _Optional[_Union[_tool_pb2.VersionState, str]] = ..., reason: _Optional[str] = ..., acts: _Optional[_Iterable[_Union[VersionAct, _Mapping]]] = ...) -> None: ...

class VersionAct(_message.Message):
    __slots__ = ("deed", "agent", "subject", "act_time")
    DEED_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ACT_TIME_FIELD_NUMBER: _ClassVar[int]
    deed: VersionDeed
    agent: str
    subject: str
    act_time: _timestamp_pb2.Timestamp
    def __init__(self, deed: _Optional[_Union[VersionDeed, str]] = ..., agent: _Optional[str] = ..., subject: _Optional[str] = ..., act_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SetVersionStateRequest(_message.Message):
    __slots__ = ("tool", "state", "reason")
    TOOL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    tool: str
    state: _tool_pb2.VersionState
    reason: str
    def __init__(self, tool: _Optional[str] = ..., state: _Optional[_Union[_tool_pb2.VersionState, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class SetVersionStateResponse(_message.Message):
    __slots__ = ("moved",)
    MOVED_FIELD_NUMBER: _ClassVar[int]
    moved: _containers.RepeatedCompositeFieldContainer[VersionStatus]
    def __init__(self, moved: _Optional[_Iterable[_Union[VersionStatus, _Mapping]]] = ...) -> None: ...

class Publication(_message.Message):
    __slots__ = ("owner", "toolset", "tenant")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    owner: str
    toolset: str
    tenant: str
    def __init__(self, owner: _Optional[str] = ..., toolset: _Optional[str] = ..., tenant: _Optional[str] = ...) -> None: ...

class SetPublicationRequest(_message.Message):
    __slots__ = ("publication", "withdrawn")
    PUBLICATION_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    publication: Publication
    withdrawn: bool
    def __init__(self, publication: _Optional[_Union[Publication, _Mapping]] = ..., withdrawn: bool = ...) -> None: ...

class SetPublicationResponse(_message.Message):
    __slots__ = ("changed",)
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    changed: bool
    def __init__(self, changed: bool = ...) -> None: ...

class ListPublicationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPublicationsResponse(_message.Message):
    __slots__ = ("publications", "next_page_token")
    PUBLICATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    publications: _containers.RepeatedCompositeFieldContainer[PublicationStatus]
    next_page_token: str
    def __init__(self, publications: _Optional[_Iterable[_Union[PublicationStatus, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PublicationStatus(_message.Message):
    __slots__ = ("publication", "agent", "subject", "publish_time")
    PUBLICATION_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    publication: Publication
    agent: str
    subject: str
    publish_time: _timestamp_pb2.Timestamp
    def __init__(self, publication: _Optional[_Union[Publication, _Mapping]] = ..., agent: _Optional[str] = ..., subject: _Optional[str] = ..., publish_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
