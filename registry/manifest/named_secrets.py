"""Every secret that an operator names for a toolset, with its place in the manifest or beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

from registry.manifest.toolset import CredentialSource, ToolsetHeader
from registry.model.json_pointer import escape
from registry.model.tool import JsonObject

#: What a setting calls the fields of its secret, in the order in which a kind of credential takes them.
_FIELDS = ("username_field", "password_field", "field")


@dataclass(frozen=True, slots=True)
class SecretMention:
    """A secret's path in Vault and those of its fields that are used. `pointer`: the JSON Pointer to the path.

    `in_manifest`: that leads into the manifest, and nowhere else; a secret of a security scheme may be named beside it, too.
    """

    pointer: str
    path: str
    fields: tuple[str, ...]
    in_manifest: bool


def named_secrets(header: ToolsetHeader) -> Iterator[SecretMention]:
    for one in header.credentials:
        yield SecretMention(f"/credentials/{escape(one.scheme)}/path", one.path, fields_of(one), in_manifest=False)
    said = header.manifest
    settings = {"/defaults": said.defaults}
    settings |= {f"/groups/{index}/settings": group.settings for index, group in enumerate(said.groups)}
    settings |= {f"/operations/{escape(word)}": one for word, one in said.operations.items()}
    for pointer, setting in settings.items():
        yield from _of_setting(f"{pointer}/credential", setting)


def listed_credentials(settings: JsonObject) -> list[JsonObject]:
    """The credentials that one operation's settings write out: null, one, or a list of them."""
    said = settings.get("credential")
    return said if isinstance(said, list) else [said] if said else []


def fields_of(source: CredentialSource) -> tuple[str, ...]:
    return (source.username_field, source.field) if source.username_field else (source.field,)


def _of_setting(pointer: str, setting: JsonObject) -> Iterator[SecretMention]:
    several = isinstance(setting.get("credential"), list)
    for index, one in enumerate(listed_credentials(setting)):
        place = f"{pointer}/{index}/path" if several else f"{pointer}/path"
        yield SecretMention(place, one["path"], tuple(one[name] for name in _FIELDS if one.get(name)), in_manifest=True)
