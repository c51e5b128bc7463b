"""Settings of a manifest → the draft of one operation. `manifest.schema.json` says which settings there are."""

from dataclasses import fields, replace
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from registry.credentials.kinds import bind_setting, occupied
from registry.manifest.accounting import accounted
from registry.manifest.fillings import filled, without_parameters
from registry.manifest.named_secrets import listed_credentials
from registry.manifest.shaping import contradictions_of_pages
from registry.model.effects import effect_of
from registry.model.errors import ManifestInvalid, ReferenceInvalid
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, Draft, Effect, JsonObject, UpstreamKey, ValuePlace
from registry.model.value_codec import plain, restore
from registry.model.versions import parse_reference

_KINDS = get_type_hints(Draft)
#: Settings that are no field of a draft: what they say goes into several.
_APART = frozenset(("credential", "headers", "arguments", "cost", "keep"))
_CACHEABLE = frozenset((Effect.READ, Effect.PURE))
_CURE = "Correct the operation's settings in the manifest."


def credentials_of(settings: JsonObject) -> tuple[CredentialBinding, ...]:
    """The credentials that the manifest binds to this operation: one, a list of them, or null. Raises ManifestInvalid."""
    bound = tuple(map(bind_setting, listed_credentials(settings)))
    places = [(place, name.lower()) for place, name in occupied(bound)]
    if len(set(places)) < len(places):
        raise ManifestInvalid("two credentials of one operation fill the same place of its request", cure="Name one of them.")
    return bound


def apply_settings(draft: Draft, settings: JsonObject, pointer: str) -> Draft:
    """The draft with the manifest's settings. Raises OperationUnusable for settings that contradict each other."""
    given = {name: _value(draft, name, value) for name, value in settings.items() if name not in _APART}
    applied = accounted(replace(draft, **given), settings)
    if applied.upstream_key is not None:
        applied = _without_argument(applied, applied.upstream_key)
    applied = filled(applied, settings, pointer)
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
    return without_parameters(draft, lambda one: one.place is ValuePlace.HEADER and one.name.lower() == key.header.lower())


def _require_sense(draft: Draft, pointer: str) -> None:
    contradictions = (
        (draft.effect is Effect.KEYED and draft.upstream_key is None, "the effect KEYED needs an upstream_key"),
        (
            draft.container is not None and draft.upstream_key is not None,
            "a container tool cannot have an upstream_key: its program makes the requests",
        ),
        (draft.container is not None and bool(draft.redirects), "a container tool's program follows redirects by itself"),
        (any(_port(one) is None for one in draft.redirects), "one of its redirects has a port that there is not"),
        (draft.cache_seconds is not None and draft.effect not in _CACHEABLE, "cache_seconds is for READ and PURE tools only"),
        (draft.retry.first_delay > draft.retry.longest_delay, "first_delay is longer than longest_delay"),
        (
            draft.client_certificate is not None and draft.container is not None,
            "a container tool cannot have a client_certificate: its program makes the connections",
        ),
        (
            draft.client_certificate is not None and draft.operation.server.startswith("http://"),
            "a client_certificate is for https, and the server's URL begins with http",
        ),
        (
            draft.probe is not None and draft.effect.repeatable,
            "a probe is for NON_IDEMPOTENT tools: the gateway repeats calls of others",
        ),
        (draft.fallback is not None and draft.fallback.tool.partition("@")[0] == draft.name, "the tool is its own fallback"),
    )
    for problem in (*(problem for holds, problem in contradictions if holds), *contradictions_of_pages(draft)):
        raise OperationUnusable(f"the manifest contradicts itself: {problem}", pointer=pointer, cure=_CURE)
    for named in (draft.probe, draft.fallback):
        if named is not None:
            _require_reference(named.tool, pointer)


def _port(origin: str) -> int | None:
    """0 where it names none; None where it is out of range."""
    try:
        return urlsplit(origin).port or 0
    except ValueError:
        return None


def _require_reference(text: str, pointer: str) -> None:
    try:
        parse_reference(text)
    except ReferenceInvalid as error:
        raise OperationUnusable(f"the manifest refers to a tool, but {error}", pointer=pointer, cure=error.cure) from None


_COMPILED = {"toolset", "input_schema", "output_schema", "operation", "responses", "output_status"}
_COMPILED |= {"deprecated", "further_credentials", "meters"}
#: Every setting of a manifest. A test holds the schema to it.
SETTABLE = (frozenset(field.name for field in fields(Draft)) - _COMPILED) | _APART
