"""Settings of a manifest → the draft of one operation. `manifest.schema.json` says which settings there are."""

from dataclasses import fields, replace
from typing import Any, get_type_hints

from registry.credentials.kinds import bind_setting
from registry.model.effects import effect_of
from registry.model.errors import ReferenceInvalid
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, Draft, Effect, JsonObject, Parameter, UpstreamKey, ValuePlace
from registry.model.value_codec import plain, restore
from registry.model.versions import parse_reference

_KINDS = get_type_hints(Draft)
_CACHEABLE = frozenset((Effect.READ, Effect.PURE))
_CURE = "Correct the operation's settings in the manifest."


def credential_of(settings: JsonObject) -> CredentialBinding | None:
    """The credential that the manifest binds to this operation."""
    return bind_setting(settings["credential"]) if settings["credential"] else None


def apply_settings(draft: Draft, settings: JsonObject, pointer: str) -> Draft:
    """The draft with the manifest's settings. Raises OperationUnusable for settings that contradict each other."""
    given = {name: _value(draft, name, value) for name, value in settings.items() if name != "credential"}
    applied = replace(draft, **given)
    if applied.upstream_key is not None:
        applied = _without_argument(applied, applied.upstream_key)
    if "effect" not in settings:
        applied = replace(applied, effect=_derived(applied))
    _require_sense(applied, pointer)
    return applied


def _value(draft: Draft, name: str, value: Any) -> Any:
    """The value of the draft's field `name`. Limits and retry keep what the setting does not name."""
    given = plain(getattr(draft, name)) | value if name in ("limits", "retry") else value
    return restore(_KINDS[name], given)


def _derived(draft: Draft) -> Effect:
    return effect_of(draft.operation, container=draft.container, credential=draft.credential, upstream_key=draft.upstream_key)


def _without_argument(draft: Draft, key: UpstreamKey) -> Draft:
    """Where the document declares the key's header as a parameter, it is none of the tool's: the gateway fills that header."""

    def is_key(parameter: Parameter) -> bool:
        return parameter.place is ValuePlace.HEADER and parameter.name.lower() == key.header.lower()

    taken = {parameter.argument for parameter in draft.operation.parameters if is_key(parameter)}
    if not taken:
        return draft
    parameters = tuple(one for one in draft.operation.parameters if not is_key(one))
    properties = {name: one for name, one in draft.input_schema.get("properties", {}).items() if name not in taken}
    required = [name for name in draft.input_schema.get("required", ()) if name not in taken]
    schema = draft.input_schema | {"properties": properties, "required": required}
    return replace(draft, operation=replace(draft.operation, parameters=parameters), input_schema=schema)


def _require_sense(draft: Draft, pointer: str) -> None:
    contradictions = (
        (draft.effect is Effect.KEYED and draft.upstream_key is None, "the effect KEYED needs an upstream_key"),
        (
            draft.container is not None and draft.upstream_key is not None,
            "a container tool cannot have an upstream_key: its program makes the requests",
        ),
        (draft.cache_seconds is not None and draft.effect not in _CACHEABLE, "cache_seconds is for READ and PURE tools only"),
        (draft.retry.first_delay > draft.retry.longest_delay, "first_delay is longer than longest_delay"),
        (
            draft.probe is not None and draft.effect.repeatable,
            "a probe is for NON_IDEMPOTENT tools: the gateway repeats calls of others",
        ),
        (draft.fallback is not None and draft.fallback.tool.partition("@")[0] == draft.name, "the tool is its own fallback"),
    )
    for holds, problem in contradictions:
        if holds:
            raise OperationUnusable(f"the manifest contradicts itself: {problem}", pointer=pointer, cure=_CURE)
    for named in (draft.probe, draft.fallback):
        if named is not None:
            _require_reference(named.tool, pointer)


def _require_reference(text: str, pointer: str) -> None:
    try:
        parse_reference(text)
    except ReferenceInvalid as error:
        raise OperationUnusable(f"the manifest refers to a tool, but {error}", pointer=pointer, cure=error.cure) from None


_COMPILED = {"toolset", "input_schema", "output_schema", "operation", "responses", "output_status", "deprecated"}
#: Every field of a draft that a manifest may set. A test holds the schema to it.
SETTABLE = frozenset(field.name for field in fields(Draft)) - _COMPILED
