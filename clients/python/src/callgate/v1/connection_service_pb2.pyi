from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Connection(_message.Message):
    __slots__ = ("toolset", "path", "credential", "subject", "since_time", "until_time", "renews", "scopes", "lapsed", "author")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    RENEWS_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    LAPSED_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    path: str
    credential: str
    subject: str
    since_time: _timestamp_pb2.Timestamp
    until_time: _timestamp_pb2.Timestamp
    renews: bool
    scopes: _containers.RepeatedScalarFieldContainer[str]
    lapsed: str
    author: str
    def __init__(self, toolset: _Optional[str] = ..., path: _Optional[str] = ..., credential: _Optional[str] = ..., subject: _Optional[str] = ..., since_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., until_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., renews: bool = ..., scopes: _Optional[_Iterable[str]] = ..., lapsed: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class BeginConnectionRequest(_message.Message):
    __slots__ = ("toolset", "credential", "redirect_uri", "state", "code_challenge")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_URI_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CODE_CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    credential: str
    redirect_uri: str
    state: str
    code_challenge: str
    def __init__(self, toolset: _Optional[str] = ..., credential: _Optional[str] = ..., redirect_uri: _Optional[str] = ..., state: _Optional[str] = ..., code_challenge: _Optional[str] = ...) -> None: ...

class BeginConnectionResponse(_message.Message):
    __slots__ = ("authorization_url",)
    AUTHORIZATION_URL_FIELD_NUMBER: _ClassVar[int]
    authorization_url: str
    def __init__(self, authorization_url: _Optional[str] = ...) -> None: ...

class CompleteConnectionRequest(_message.Message):
    __slots__ = ("toolset", "credential", "code", "code_verifier", "redirect_uri", "issuer")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CODE_VERIFIER_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_URI_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    credential: str
    code: str
    code_verifier: str
    redirect_uri: str
    issuer: str
    def __init__(self, toolset: _Optional[str] = ..., credential: _Optional[str] = ..., code: _Optional[str] = ..., code_verifier: _Optional[str] = ..., redirect_uri: _Optional[str] = ..., issuer: _Optional[str] = ...) -> None: ...

class CompleteConnectionResponse(_message.Message):
    __slots__ = ("connection",)
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    connection: Connection
    def __init__(self, connection: _Optional[_Union[Connection, _Mapping]] = ...) -> None: ...

class BeginDeviceConnectionRequest(_message.Message):
    __slots__ = ("toolset", "credential")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    credential: str
    def __init__(self, toolset: _Optional[str] = ..., credential: _Optional[str] = ...) -> None: ...

class BeginDeviceConnectionResponse(_message.Message):
    __slots__ = ("flow", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval")
    FLOW_FIELD_NUMBER: _ClassVar[int]
    USER_CODE_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_URI_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_URI_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    flow: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: float
    interval: float
    def __init__(self, flow: _Optional[str] = ..., user_code: _Optional[str] = ..., verification_uri: _Optional[str] = ..., verification_uri_complete: _Optional[str] = ..., expires_in: _Optional[float] = ..., interval: _Optional[float] = ...) -> None: ...

class PollDeviceConnectionRequest(_message.Message):
    __slots__ = ("toolset", "credential", "flow")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    credential: str
    flow: str
    def __init__(self, toolset: _Optional[str] = ..., credential: _Optional[str] = ..., flow: _Optional[str] = ...) -> None: ...

class PollDeviceConnectionResponse(_message.Message):
    __slots__ = ("connection", "slow_down")
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    SLOW_DOWN_FIELD_NUMBER: _ClassVar[int]
    connection: Connection
    slow_down: bool
    def __init__(self, connection: _Optional[_Union[Connection, _Mapping]] = ..., slow_down: bool = ...) -> None: ...

class ListConnectionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListConnectionsResponse(_message.Message):
    __slots__ = ("connections", "next_page_token")
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    connections: _containers.RepeatedCompositeFieldContainer[Connection]
    next_page_token: str
    def __init__(self, connections: _Optional[_Iterable[_Union[Connection, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DisconnectRequest(_message.Message):
    __slots__ = ("toolset", "credential", "subject")
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    toolset: str
    credential: str
    subject: str
    def __init__(self, toolset: _Optional[str] = ..., credential: _Optional[str] = ..., subject: _Optional[str] = ...) -> None: ...

class DisconnectResponse(_message.Message):
    __slots__ = ("removed", "revoked", "reason")
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    REVOKED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    removed: bool
    revoked: bool
    reason: str
    def __init__(self, removed: bool = ..., revoked: bool = ..., reason: _Optional[str] = ...) -> None: ...
