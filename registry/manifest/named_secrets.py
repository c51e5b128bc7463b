"""Every secret that an operator names for a toolset, so that none is left out where secrets are checked, told or moved."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from registry.credentials.token_grant import secret_fields
from registry.manifest.manifest import Manifest
from registry.manifest.toolset import CredentialSource, ToolsetHeader
from registry.model.json_pointer import escape
from registry.model.tool import ClientCertificate, JsonObject
from registry.model.value_codec import restore

#: How the settings end that name a field of a secret, but for `field` itself.
_FIELD = "_field"
#: How the pointer ends to the path of a client certificate.
CERTIFICATE = "/client_certificate/path"


@dataclass(frozen=True, slots=True)
class SecretMention:
    """A secret's path in Vault and those of its fields that are used: none where it is made when it is asked for.

    `pointer`: the JSON Pointer to the path. `in_manifest`: that leads into the manifest, and nowhere else; a secret of a
    security scheme may be named beside it, too.
    """

    pointer: str
    path: str
    fields: tuple[str, ...]
    in_manifest: bool


def named_secrets(header: ToolsetHeader) -> Iterator[SecretMention]:
    for one in header.credentials:
        yield SecretMention(f"/credentials/{escape(one.scheme)}/path", one.path, fields_of(one), in_manifest=False)
    for pointer, settings in _places(header.manifest):
        yield from _credentials(f"{pointer}/credential", settings)
        if shown := settings.get("client_certificate"):
            yield SecretMention(f"{pointer}{CERTIFICATE}", shown["path"], _shown(shown), in_manifest=True)


def listed_credentials(settings: JsonObject) -> list[JsonObject]:
    """The credentials that one operation's settings write out: null, one, or a list of them."""
    said = settings.get("credential")
    return said if isinstance(said, list) else [said] if said else []


def fields_of(source: CredentialSource) -> tuple[str, ...]:
    """In the order in which a manifest names them."""
    if "token" in source.settings:
        return secret_fields(source.settings["token"], source.field)
    first = (source.username_field,) if source.username_field else ()
    return (*first, *_named(source.settings), source.field)


def below(namespace: str, manifest: Manifest) -> Manifest:
    """The manifest, with each of its secrets' paths below this namespace of Vault's."""

    def moved(said: Any) -> Any:
        if isinstance(said, list):
            return [moved(one) for one in said]
        return said | {"path": path_below(namespace, said["path"])} if said else said

    def settled(settings: JsonObject) -> JsonObject:
        return settings | {name: moved(settings[name]) for name in ("credential", "client_certificate") if name in settings}

    return replace(
        manifest,
        defaults=settled(manifest.defaults),
        groups=tuple(replace(group, settings=settled(group.settings)) for group in manifest.groups),
        operations={name: settled(settings) for name, settings in manifest.operations.items()},
    )


def path_below(namespace: str, path: str) -> str:
    """Vault takes a namespace before the path as it takes one in a header, and so do its policies."""
    return f"{namespace}/{path.lstrip('/')}" if namespace else path


def _places(said: Manifest) -> Iterator[tuple[str, JsonObject]]:
    yield "/defaults", said.defaults
    for index, group in enumerate(said.groups):
        yield f"/groups/{index}/settings", group.settings
    for word, settings in said.operations.items():
        yield f"/operations/{escape(word)}", settings


def _credentials(pointer: str, settings: JsonObject) -> Iterator[SecretMention]:
    several = isinstance(settings.get("credential"), list)
    for index, one in enumerate(listed_credentials(settings)):
        place = f"{pointer}/{index}/path" if several else f"{pointer}/path"
        token, field = one.get("token"), one.get("field")
        fields = secret_fields(token, field) if token and field else tuple(_named(one))
        yield SecretMention(place, one["path"], fields, in_manifest=True)


def _named(settings: JsonObject) -> Iterator[str]:
    return (value for name, value in settings.items() if value and (name == "field" or name.endswith(_FIELD)))


def _shown(said: JsonObject) -> tuple[str, ...]:
    shown: ClientCertificate = restore(ClientCertificate, said)
    return () if shown.common_name else (shown.certificate, shown.key)
