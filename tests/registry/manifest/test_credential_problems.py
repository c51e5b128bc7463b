"""A credential that is none is told where it stands in the manifest, before a document is looked at, with a cure."""

import pytest

from registry.manifest.reader import read_manifest
from registry.model.errors import ManifestInvalid

HMAC = "kind: hmac_signature, path: secret/data/a, field: key, algorithm: sha256, encoding: hex, place: header, name: X-S"
BAD = {
    "no field": ("credentials:\n  key: {path: secret/data/a}\n", 3, "/credentials/key", "`field`"),
    "a token with a region": (
        "credentials:\n  key: {path: secret/data/a, token: {}, region: x}\n",
        3,
        "/credentials/key",
        "without region",
    ),
    "an AWS key of one field": (
        "credentials:\n  key: {path: secret/data/a, kind: aws_sigv4, field: secret}\n",
        3,
        "/credentials/key",
        "access_key_field",
    ),
    "a signature of a scheme that is not whole": (
        "credentials:\n  key: {path: secret/data/a, kind: hmac_signature, field: k, algorithm: sha256}\n",
        3,
        "/credentials/key",
        "needs encoding, sign",
    ),
    "a signature with a word that there is not": (
        f'operations:\n  act:\n    credential: {{{HMAC}, sign: "{{boddy}}"}}\n',
        4,
        "/operations/act/credential",
        "sign has {boddy}",
    ),
    "a signature of nothing, by default": (
        f"defaults:\n  credential: {{{HMAC}, sign: constant}}\n",
        3,
        "/defaults/credential",
        "the same signature",
    ),
    "two in one place": (
        f"defaults:\n  credential:\n  - {{{HMAC}, sign: '{{body}}'}}\n  - {{{HMAC}, sign: '{{path}}'}}\n",
        3,
        "/defaults/credential",
        "the same place",
    ),
}


@pytest.mark.parametrize(("text", "line", "pointer", "told"), BAD.values(), ids=BAD.keys())
def test_a_credential_that_is_none_is_told_by_its_line_and_its_place(text: str, line: int, pointer: str, told: str) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        read_manifest(f"toolset: t\n{text}".encode())
    assert f"manifest, line {line}, column" in str(refused.value)
    assert f"({pointer})" in str(refused.value)
    assert told in str(refused.value)
    assert "docs/" in refused.value.cure or "Name one" in refused.value.cure


def test_what_the_document_says_of_a_scheme_need_not_stand_in_the_manifest() -> None:
    said = 'path: secret/data/a, kind: hmac_signature, field: k, algorithm: sha256, encoding: hex, sign: "{body}"'
    text = f"toolset: t\ncredentials:\n  key: {{{said}}}\n"
    assert read_manifest(text.encode()).header.credentials[0].field == "k"
