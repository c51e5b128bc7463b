"""AWS's documents as they are published: each operation is signed for its service, and no tool asks for a signature's parts."""

from pathlib import Path

import pytest

from registry.compiler.compiler import CredentialSource, ToolsetHeader, compile_document
from registry.document.loading import load
from registry.manifest.reader import read_manifest
from registry.model.tool import JsonObject

SERVICES = {
    "emr-containers": "emr-containers",
    "gamelift": "gamelift",
    "managedblockchain": "managedblockchain",
    "pinpoint-sms-voice-v2": "sms-voice",
    "pipes": "pipes",
    "resiliencehub": "resiliencehub",
}
SOURCE = CredentialSource("hmac", "secret/data/aws", "secret", "id")


@pytest.mark.parametrize(("name", "service"), SERVICES.items())
def test_every_operation_of_aws_s_own_documents_is_signed(specs: Path, name: str, service: str) -> None:
    document = load((specs / "apis-guru" / "amazonaws.com" / f"{name}.json").read_bytes())
    compiled = compile_document(document, ToolsetHeader("aws", credentials=(SOURCE,)))
    assert compiled.drafts
    bound = [one.kind_parameters for draft in compiled.drafts for one in draft.credentials]
    assert {(one["region"], one["service"]) for one in bound} == {("us-east-1", service)}
    assert all(len(draft.credentials) == 1 for draft in compiled.drafts)
    asked = {argument.lower() for draft in compiled.drafts for argument in draft.input_schema["properties"]}
    assert {argument for argument in asked if argument.startswith("x-amz-")} <= {"x-amz-target"}


def test_a_program_s_credential_is_for_its_host() -> None:
    document: JsonObject = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/run": {"post": {"operationId": "run", "responses": {"200": {"description": "d"}}}}},
    }
    manifest = read_manifest(
        b"""
toolset: programs
defaults:
  container: {image: "sha256:%s", command: [/bin/tool], egress: ["sqs.eu-west-1.amazonaws.com:443"]}
  credential: {path: secret/data/aws, kind: aws_sigv4, access_key_field: id, secret_key_field: secret}
"""
        % (b"0" * 64)
    )
    (draft,) = compile_document(document, manifest.header).drafts
    assert draft.credential is not None
    assert draft.credential.kind_parameters["service"] == "sqs"
    assert draft.credential.kind_parameters["region"] == "eu-west-1"
