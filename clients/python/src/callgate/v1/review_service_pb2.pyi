from callgate.v1 import invocation_pb2 as _invocation_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Review(_message.Message):
    __slots__ = ("invocation", "open_time", "summary", "suggestion", "request", "author", "reason")
    INVOCATION_FIELD_NUMBER: _ClassVar[int]
    OPEN_TIME_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    invocation: _invocation_pb2.Invocation
    open_time: _timestamp_pb2.Timestamp
    summary: str
    suggestion: str
    request: RedactedRequest
    author: str
    reason: str
    def __init__(self, invocation: _Optional[_Union[_invocation_pb2.Invocation, _Mapping]] = ..., open_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., summary: _Optional[str] = ..., suggestion: _Optional[str] = ..., request: _Optional[_Union[RedactedRequest, _Mapping]] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class RedactedRequest(_message.Message):
    __slots__ = ("method", "endpoint", "arguments_json")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_JSON_FIELD_NUMBER: _ClassVar[int]
    method: str
    endpoint: str
    arguments_json: bytes
    def __init__(self, method: _Optional[str] = ..., endpoint: _Optional[str] = ..., arguments_json: _Optional[bytes] = ...) -> None: ...

class ListReviewsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReviewsResponse(_message.Message):
    __slots__ = ("reviews", "next_page_token")
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reviews: _containers.RepeatedCompositeFieldContainer[Review]
    next_page_token: str
    def __init__(self, reviews: _Optional[_Iterable[_Union[Review, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetReviewRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class ResolveReviewRequest(_message.Message):
    __slots__ = ("id", "reason", "retry", "succeed", "fail", "decision_id", "attempts_seen")
    class Retry(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Succeed(_message.Message):
        __slots__ = ("value_json",)
        VALUE_JSON_FIELD_NUMBER: _ClassVar[int]
        value_json: bytes
        def __init__(self, value_json: _Optional[bytes] = ...) -> None: ...
    class Fail(_message.Message):
        __slots__ = ("effect_possible",)
        EFFECT_POSSIBLE_FIELD_NUMBER: _ClassVar[int]
        effect_possible: bool
        def __init__(self, effect_possible: bool = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETRY_FIELD_NUMBER: _ClassVar[int]
    SUCCEED_FIELD_NUMBER: _ClassVar[int]
    FAIL_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_SEEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    retry: ResolveReviewRequest.Retry
    succeed: ResolveReviewRequest.Succeed
    fail: ResolveReviewRequest.Fail
    decision_id: str
    attempts_seen: int
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ..., retry: _Optional[_Union[ResolveReviewRequest.Retry, _Mapping]] = ..., succeed: _Optional[_Union[ResolveReviewRequest.Succeed, _Mapping]] = ..., fail: _Optional[_Union[ResolveReviewRequest.Fail, _Mapping]] = ..., decision_id: _Optional[str] = ..., attempts_seen: _Optional[int] = ...) -> None: ...

class ResolveReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...
