from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Effect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFECT_UNSPECIFIED: _ClassVar[Effect]
    EFFECT_PURE: _ClassVar[Effect]
    EFFECT_READ: _ClassVar[Effect]
    EFFECT_IDEMPOTENT: _ClassVar[Effect]
    EFFECT_KEYED: _ClassVar[Effect]
    EFFECT_NON_IDEMPOTENT: _ClassVar[Effect]

class VersionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERSION_STATE_UNSPECIFIED: _ClassVar[VersionState]
    VERSION_STATE_ACTIVE: _ClassVar[VersionState]
    VERSION_STATE_QUARANTINED: _ClassVar[VersionState]
    VERSION_STATE_DEPRECATED: _ClassVar[VersionState]
    VERSION_STATE_DISABLED: _ClassVar[VersionState]
    VERSION_STATE_RETIRED: _ClassVar[VersionState]

class SchemaForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEMA_FORM_UNSPECIFIED: _ClassVar[SchemaForm]
    SCHEMA_FORM_INLINED: _ClassVar[SchemaForm]
    SCHEMA_FORM_SHALLOW: _ClassVar[SchemaForm]
    SCHEMA_FORM_STRICT: _ClassVar[SchemaForm]
    SCHEMA_FORM_REDUCED: _ClassVar[SchemaForm]
EFFECT_UNSPECIFIED: Effect
EFFECT_PURE: Effect
EFFECT_READ: Effect
EFFECT_IDEMPOTENT: Effect
EFFECT_KEYED: Effect
EFFECT_NON_IDEMPOTENT: Effect
VERSION_STATE_UNSPECIFIED: VersionState
VERSION_STATE_ACTIVE: VersionState
VERSION_STATE_QUARANTINED: VersionState
VERSION_STATE_DEPRECATED: VersionState
VERSION_STATE_DISABLED: VersionState
VERSION_STATE_RETIRED: VersionState
SCHEMA_FORM_UNSPECIFIED: SchemaForm
SCHEMA_FORM_INLINED: SchemaForm
SCHEMA_FORM_SHALLOW: SchemaForm
SCHEMA_FORM_STRICT: SchemaForm
SCHEMA_FORM_REDUCED: SchemaForm

class Tool(_message.Message):
    __slots__ = ("name", "version", "digest", "toolset", "description", "input_schema_json", "output_schema_json", "effect", "method", "endpoint", "needs_credential", "requires_approval", "state", "schema_form_refusal", "deprecated", "schema_left_out")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    TOOLSET_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    INPUT_SCHEMA_JSON_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SCHEMA_JSON_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    NEEDS_CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    REQUIRES_APPROVAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FORM_REFUSAL_FIELD_NUMBER: _ClassVar[int]
    DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    digest: str
    toolset: str
    description: str
    input_schema_json: bytes
    output_schema_json: bytes
    effect: Effect
    method: str
    endpoint: str
    needs_credential: bool
    requires_approval: bool
    state: VersionState
    schema_form_refusal: str
    deprecated: bool
    schema_left_out: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., digest: _Optional[str] = ..., toolset: _Optional[str] = ..., description: _Optional[str] = ..., input_schema_json: _Optional[bytes] = ..., output_schema_json: _Optional[bytes] = ..., effect: _Optional[_Union[Effect, str]] = ..., method: _Optional[str] = ..., endpoint: _Optional[str] = ..., needs_credential: bool = ..., requires_approval: bool = ..., state: _Optional[_Union[VersionState, str]] = ..., schema_form_refusal: _Optional[str] = ..., deprecated: bool = ..., schema_left_out: _Optional[_Iterable[str]] = ...) -> None: ...
