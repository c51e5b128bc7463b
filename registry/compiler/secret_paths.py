"""Paths of secrets that lead nowhere in the key-value engine that Vault has by itself."""

from collections.abc import Iterator

from registry.manifest.named_secrets import named_secrets
from registry.manifest.toolset import ToolsetHeader
from registry.model.import_fault import ImportFault

#: Where Vault has that engine, of version 2: each path has `data` behind it. An engine elsewhere may be of version 1.
_ENGINE, _DATA = "secret/", "secret/data/"


def faults_of_paths(header: ToolsetHeader) -> Iterator[ImportFault]:
    for one in named_secrets(header):
        if one.path.startswith(_ENGINE) and not one.path.startswith(_DATA):
            message = f"the secret's path is {one.path[:200]}, and a KV engine of version 2 has it at {_right(one.path)[:200]}"
            pointer = f"manifest:{one.pointer}" if one.in_manifest else one.pointer
            yield ImportFault(
                pointer, message, f"Write {_right(one.path)}; where the engine is of version 1, there is nothing to do."
            )


def _right(path: str) -> str:
    return _DATA + path.removeprefix(_ENGINE)
