"""What the gateway adds to the headers of a request."""

from dataclasses import replace

import pytest

from gateway.pipeline.sent_headers import USER_AGENT, sent_headers
from registry.calling.request import HttpRequest
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.tool import CredentialBinding, Draft, UpstreamKey
from tests.gateway.pipeline.desk import ORDERS

DRAFT = compile_document(load(ORDERS.read_bytes()), ToolsetHeader("orders", "https://api.example.com")).drafts[0]
REQUEST = HttpRequest("GET", "https://api.example.com/orders", (("Accept", "*/*"), ("X-Key", "mine")), None)
OWN_NAME = CredentialBinding("secret/data/a", "f", {"place": "header", "name": "user-agent"})


def test_a_request_without_a_user_agent_gets_the_gateways() -> None:
    assert USER_AGENT.startswith("callgate/")
    assert USER_AGENT.removeprefix("callgate/")[0].isdigit()
    assert list(sent_headers(DRAFT, REQUEST, "k")) == [*REQUEST.headers, ("User-Agent", USER_AGENT)]


@pytest.mark.parametrize("name", ["User-Agent", "user-agent"])
def test_one_of_the_documents_or_the_manifests_stays(name: str) -> None:
    named = replace(REQUEST, headers=((name, "mine/1"),))
    assert list(sent_headers(DRAFT, named, "k")) == [(name, "mine/1")]


def test_a_credential_that_is_the_user_agent_stays_alone() -> None:
    draft: Draft = replace(DRAFT, credential=OWN_NAME)
    assert "User-Agent" not in dict(sent_headers(draft, REQUEST, "k"))


def test_the_upstreams_key_is_the_gateways_and_never_the_callers() -> None:
    draft = replace(DRAFT, upstream_key=UpstreamKey("x-KEY"))
    sent = list(sent_headers(draft, REQUEST, "the-call"))
    assert [value for name, value in sent if name.lower() == "x-key"] == ["the-call"]
