"""Bytes → arguments → request, for a tool that has every style, and one for every kind of body."""

import json
import re
import sys

import atheris

with atheris.instrument_imports(include=["registry"]):
    from registry.calling.arguments import canonical, parse
    from registry.calling.request import build
    from registry.compiler.compiler import compile_document
    from registry.document.loading import check
    from registry.manifest.toolset import ToolsetHeader
    from registry.model.errors import RegistryError
    from registry.model.versions import first

from tests.fuzz.corpus import MEDIA_TYPES, any_value, document
from tests.registry.checking.here import check as check_arguments

HEADER = ToolsetHeader("fuzzed", server="https://api.example.com/v1")
VERSIONS = [first(compile_document(check(document(media_type)), HEADER).drafts[0]) for media_type in MEDIA_TYPES]
NAMES = [*VERSIONS[0].draft.input_schema["properties"]]
_FIELD = re.compile(r"[\t\x20-\x7e]*")


def one_input(raw: bytes) -> None:
    try:
        arguments = parse(_arguments(raw))
    except RegistryError:
        return
    canonical(arguments)
    for version in VERSIONS:
        for checked in (True, False):  # what does not fit never gets this far; it must not crash all the same
            try:
                if checked:
                    check_arguments(version, arguments)
                request = build(version, arguments)
            except RegistryError:
                continue
            assert re.fullmatch(r"https://api\.example\.com/v1/things/[!-~]*", request.url)
            assert "#" not in request.url
            assert all(_FIELD.fullmatch(value) for _, value in request.headers)


def _arguments(raw: bytes) -> bytes:
    """The bytes themselves; or, after a byte that no text begins with, an argument for each name that they stand for."""
    if raw[:1] != b"\x01":
        return raw
    provider = atheris.FuzzedDataProvider(raw[1:])
    given = {name: any_value(provider, 3) for name in NAMES if name.startswith("path") or provider.ConsumeBool()}
    # Without them there is no path, and nothing behind it is reached.
    return json.dumps({name: value or "a" if name.startswith("path") else value for name, value in given.items()}).encode()


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
