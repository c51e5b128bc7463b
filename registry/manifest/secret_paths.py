"""Every place of a manifest that names a secret in Vault, so that none is left out where secrets are checked, told or moved."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from registry.manifest.manifest import Manifest
from registry.model.json_pointer import escape
from registry.model.tool import ClientCertificate, JsonObject
from registry.model.value_codec import restore

#: The settings of operations whose value has the `path` of a secret.
WITH_PATHS = ("credential", "client_certificate")


@dataclass(frozen=True, slots=True)
class SecretNamed:
    """`pointer` leads to the path in the manifest; `fields` are those of the secret that are used, where Vault keeps it so."""

    pointer: str
    path: str
    fields: tuple[str, ...]


def secrets_named(manifest: Manifest) -> Iterator[SecretNamed]:
    """The secrets that its settings name, one by one."""
    for pointer, settings in _places(manifest):
        for name in WITH_PATHS:
            if value := settings.get(name):
                yield SecretNamed(f"{pointer}/{name}/path", value["path"], _fields(name, value))


def below(namespace: str, manifest: Manifest) -> Manifest:
    """The manifest, with each of its secrets' paths below this namespace of Vault's."""

    def moved(settings: JsonObject) -> JsonObject:
        found = {name: settings[name] for name in WITH_PATHS if settings.get(name)}
        return settings | {name: value | {"path": path_below(namespace, value["path"])} for name, value in found.items()}

    return replace(
        manifest,
        defaults=moved(manifest.defaults),
        groups=tuple(replace(group, settings=moved(group.settings)) for group in manifest.groups),
        operations={name: moved(settings) for name, settings in manifest.operations.items()},
    )


def path_below(namespace: str, path: str) -> str:
    """Vault takes a namespace before the path as it takes one in a header, and so do its policies."""
    return f"{namespace}/{path.lstrip('/')}" if namespace else path


def _fields(name: str, value: JsonObject) -> tuple[str, ...]:
    if name == "credential":
        return (value["field"],)
    shown: ClientCertificate = restore(ClientCertificate, value)
    return () if shown.common_name else (shown.certificate, shown.key)


def _places(manifest: Manifest) -> Iterator[tuple[str, JsonObject]]:
    yield "/defaults", manifest.defaults
    for index, group in enumerate(manifest.groups):
        yield f"/groups/{index}/settings", group.settings
    for name, settings in manifest.operations.items():
        yield f"/operations/{escape(name)}", settings
