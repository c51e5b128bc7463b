"""Every place of a manifest that names a secret is known, and lies below the manifest's namespace."""

import pytest

from registry.manifest.named_secrets import SecretMention, named_secrets
from registry.manifest.reader import read_manifest
from registry.model.errors import ManifestInvalid
from registry.model.tool import ClientCertificate
from registry.model.value_codec import plain
from registry.model.versions import digest_of
from tests.registry.conftest import Compile

PLACED = "field: key, place: header, name: X-Key"
FULL = f"""
toolset: things
vault_namespace: SPACE
credentials: {{bearerAuth: {{path: secret/data/one, field: token}}}}
defaults: {{credential: {{path: secret/data/two, {PLACED}}}, client_certificate: {{path: secret/data/three}}}}
groups: [{{match: ["*"], settings: {{client_certificate: {{path: secret/data/four, certificate: crt, key: pem}}}}}}]
operations:
  a: {{credential: null, client_certificate: {{path: pki/issue/box, common_name: callgate}}}}
  b: {{credential: {{path: /secret/data/five, {PLACED}}}, client_certificate: null}}
"""


def named(namespace: str) -> tuple[SecretMention, ...]:
    text = FULL.replace("SPACE", namespace) if namespace else FULL.replace("vault_namespace: SPACE\n", "")
    return tuple(one for one in named_secrets(read_manifest(text.encode()).header) if one.in_manifest)


def test_each_is_found_with_the_fields_that_are_used() -> None:
    assert [(one.pointer, one.path, one.fields) for one in named("")] == [
        ("/defaults/credential/path", "secret/data/two", ("key",)),
        ("/defaults/client_certificate/path", "secret/data/three", ("certificate", "private_key")),
        ("/groups/0/settings/client_certificate/path", "secret/data/four", ("crt", "pem")),
        ("/operations/a/client_certificate/path", "pki/issue/box", ()),
        ("/operations/b/credential/path", "/secret/data/five", ("key",)),
    ]


def test_a_namespace_stands_before_each_of_them() -> None:
    assert [one.path for one in named("acme/team")] == [
        "acme/team/secret/data/two",
        "acme/team/secret/data/three",
        "acme/team/secret/data/four",
        "acme/team/pki/issue/box",
        "acme/team/secret/data/five",
    ]
    header = read_manifest(FULL.replace("SPACE", "acme").encode()).header
    assert [one.path for one in header.credentials] == ["acme/secret/data/one"]


@pytest.mark.parametrize("space", ["''", "/acme", "acme/", "a//b", "..", "a/../b", "a b", "1"])
def test_what_is_no_namespace_is_refused(space: str) -> None:
    if space == "1":
        assert named("'1'")[0].path.startswith("1/")
        return
    with pytest.raises(ManifestInvalid, match="vault_namespace"):
        named(space)


def test_a_certificate_reaches_its_draft_and_one_without_it_has_the_digest_of_before(compiled: Compile) -> None:
    paths = {"/x": {"get": {"operationId": "x", "responses": {}}}}
    text = "toolset: things\nserver: https://api.example\n"
    without = compiled(paths, header=read_manifest(text.encode()).header).drafts[0]
    header = read_manifest((text + "defaults: {client_certificate: {path: secret/data/x}}").encode()).header
    shown = compiled(paths, header=header).drafts[0]
    assert shown.client_certificate == ClientCertificate("secret/data/x")
    assert without.client_certificate is None
    assert digest_of(shown) != digest_of(without)
    assert "client_certificate" not in plain(without)  # nor, so, in what its digest is over


@pytest.mark.parametrize(
    ("server", "setting"),
    [
        ("http://api.example", "client_certificate: {path: secret/data/x}"),
        ("https://api.example", f"client_certificate: {{path: p}}, container: {{image: 'sha256:{64 * '0'}', command: [/x]}}"),
    ],
    ids=["in the clear", "of a program"],
)
def test_a_certificate_that_could_never_be_shown_is_told(compiled: Compile, server: str, setting: str) -> None:
    header = read_manifest(f"toolset: things\nserver: {server}\ndefaults: {{{setting}}}".encode()).header
    result = compiled({"/x": {"get": {"operationId": "x", "responses": {}}}}, header=header)
    assert result.drafts == ()
    assert "client_certificate" in result.faults[0].message
