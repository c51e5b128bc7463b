"""Bad documents: each gets a typed error that names the cure, within 2 s of work."""

import pytest

from registry.document.loading import load
from registry.model.errors import DocumentInvalid, DocumentTooLarge, RegistryError
from tests.processor_time import at_most

HEAD = b"openapi: 3.1.0\npaths: {}\nx: "


def _bomb() -> bytes:
    lines = [b"a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [b"%c: &%c [%s]" % (c, c, b", ".join([b"*%c" % (c - 1)] * 10)) for c in range(ord("b"), ord("k"))]
    return b"\n".join(lines)


def _steps() -> bytes:
    """Each line nests the one before it by an alias."""
    return b"\n".join(b"a%d: &a%d [%s]" % (step, step, b"*a%d" % (step - 1) if step else b"x") for step in range(250))


HOSTILE = {
    "empty": (b"", DocumentInvalid, "empty"),
    "white space": (b" \n\t ", DocumentInvalid, "empty"),
    "over 50 MB": (b"{" + b" " * 50_000_001, DocumentTooLarge, "bytes"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00", DocumentInvalid, "UTF-8"),
    "latin-1": (b"openapi: 3.1.0\ntitle: caf\xe9", DocumentInvalid, "byte 25"),
    "UTF-16": ('{"openapi": "3.1.0"}'.encode("utf-16"), DocumentInvalid, "UTF-8"),
    "UTF-16 without mark": ('{"openapi": "3.1.0"}'.encode("utf-16-le"), DocumentInvalid, "UTF-8"),
    "malformed JSON": (b'{"openapi": "3.1.0",\n "paths": }', DocumentInvalid, "line 2"),
    "JSON that is cut off": (b'{"openapi": "3.1.0"', DocumentInvalid, "malformed JSON"),
    "YAML flow is not retried": (b"{openapi: 3.1.0, paths: {}}", DocumentInvalid, "malformed JSON"),
    "JSON NaN": (b'{"openapi": "3.1.0", "paths": {"x": NaN}}', DocumentInvalid, "malformed JSON"),
    "JSON infinity": (b'{"openapi": "3.1.0", "paths": {"x": 1e999}}', DocumentInvalid, "malformed JSON"),
    "JSON lone surrogate": (b'{"openapi": "\\ud800"}', DocumentInvalid, "malformed JSON"),
    "JSON array": (b"[]", DocumentInvalid, "not an object"),
    "deep JSON": (b'{"x":' + b"[" * 900 + b"]" * 900 + b"}", DocumentTooLarge, "nested"),
    "abyss of JSON": (b'{"x":' + b"[" * 10_000_000, DocumentTooLarge, "lists"),
    "too many JSON values": (b'{"x":[' + b"1," * 12_000_000 + b"1]}", DocumentTooLarge, "values"),
    "malformed YAML": (b"openapi: 3.1.0\npaths: [", DocumentInvalid, "malformed YAML"),
    "YAML with two documents": (b"openapi: 3.1.0\n---\na: 1", DocumentInvalid, "second"),
    "YAML tag": (HEAD + b"!!python/object/apply:os.system [id]", DocumentInvalid, "tag"),
    "YAML own tag": (HEAD + b"!secret a", DocumentInvalid, "tag"),
    "YAML binary": (HEAD + b"!!binary aGk=", DocumentInvalid, "tag"),
    "YAML duplicate key": (b"openapi: 3.1.0\nopenapi: 3.0.0\npaths: {}", DocumentInvalid, "twice"),
    "YAML merge key of a scalar": (b"a: {<<: x}", DocumentInvalid, "merge"),
    "YAML key that is a list": (b"? [a]\n: b", DocumentInvalid, "key"),
    "YAML key that is an alias of a list": (b"a: &a [b]\n? *a\n: b", DocumentInvalid, "key"),
    "YAML NaN": (HEAD + b".nan", DocumentInvalid, "NaN"),
    "YAML infinity": (HEAD + b"-.inf", DocumentInvalid, "infinity"),
    "YAML number too large": (HEAD + b"1e999", DocumentInvalid, "number"),
    "YAML number too long": (HEAD + b"1" * 100_000, DocumentInvalid, "number"),
    "YAML hexadecimal too large": (HEAD + b"0x" + b"f" * 300, DocumentInvalid, "number"),
    "YAML alias bomb": (_bomb(), DocumentTooLarge, "values"),
    "YAML alias of itself": (b"a: &a [*a]", DocumentInvalid, "contains it"),
    "YAML alias of nothing": (b"a: *b", DocumentInvalid, "anchor"),
    "too many YAML aliases": (b"a: &a x\nb: [" + b"*a, " * 1_001 + b"]", DocumentTooLarge, "aliases"),
    "deep by aliases": (_steps(), DocumentTooLarge, "nested"),
    "abyss of YAML": (b"[" * 1_000_000, DocumentTooLarge, "nested"),
    "abyss of YAML mappings": (b"- " * 1_000_000, DocumentTooLarge, "nested"),
    "too many YAML values": (b"- a\n" * 2_000_000, DocumentTooLarge, "values"),
    "YAML scalar": (b"hello", DocumentInvalid, "not an object"),
    "no version": (b'{"paths": {}}', DocumentInvalid, "no OpenAPI version"),
    "Swagger 1.2": (b'{"swaggerVersion": "1.2", "apis": []}', DocumentInvalid, "3.0 to 3.2"),
    "OpenAPI 4.0": (b'{"openapi": "4.0.0", "paths": {}}', DocumentInvalid, "3.0 to 3.2"),
    "paths that are a list": (b'{"openapi": "3.1.0", "paths": []}', DocumentInvalid, "paths"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_document_is_refused_with_its_cause_within_two_seconds_of_work(case: str) -> None:
    raw, error, cause = HOSTILE[case]
    with at_most(2), pytest.raises(RegistryError) as refused:
        load(raw)
    assert type(refused.value) is error
    assert cause in str(refused.value)
    assert refused.value.cure
    assert len(str(refused.value)) < 500
