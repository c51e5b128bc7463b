"""Bytes → document → drafts → sampled requests."""

import json
import sys

import atheris

with atheris.instrument_imports(include=["registry"]):
    from registry.calling.request import build
    from registry.compiler.compiler import compile_document
    from registry.document.loading import load
    from registry.manifest.toolset import ToolsetHeader
    from registry.model.errors import RegistryError, RequestRefused
    from registry.model.versions import decode, encode, first
    from registry.schema.sampling import samples

from tests.fuzz.corpus import MEDIA_TYPES, changed, document

SEEDS = [document(media_type, version) for media_type in MEDIA_TYPES for version in ("3.0.3", "3.1.0")]
HEADER = ToolsetHeader("fuzzed", server="https://api.example.com/v1")
_TOOLS = 4  # looked at in one input: it is to be many inputs


def one_input(raw: bytes) -> None:
    try:
        compiled = compile_document(load(_document(raw)), HEADER)
    except RegistryError:
        return
    for draft in compiled.drafts[:_TOOLS]:
        version = first(draft)
        assert decode(encode(version)) == version
        for arguments in samples(draft.input_schema):
            try:
                request = build(version, arguments)
            except RequestRefused:
                continue
            assert request.url.startswith("https://api.example.com/v1")
            assert request.url.isascii()


def _document(raw: bytes) -> bytes:
    """The bytes themselves; or, after a byte that no text begins with, a good document with the changes that they stand for."""
    if raw[:1] != b"\x01":
        return raw
    provider = atheris.FuzzedDataProvider(raw[1:])
    seed = SEEDS[provider.ConsumeIntInRange(0, len(SEEDS) - 1)]
    return json.dumps(changed(provider, seed)).encode()


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
