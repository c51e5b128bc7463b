"""What an operator's bounds and a tenant's quota do to large answers, and a gateway that keeps none."""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pytest

from callgate import Invocation, LimitExceeded
from callgate.errors import ArtifactExpired, ArtifactNotFound, ArtifactsOff, QuotaExceeded
from gateway.records.artifacts.s3 import Bucket
from tests.conftest import FreePort
from tests.e2e.house import House, eventually
from tests.gateway.records.artifacts.conftest import bucket, s3
from tests.real_apis.asking import operation, succeeded
from tests.real_apis.conftest import Situate, Situation
from tests.real_apis.recipes import Recipes, answer, head

from .beside import Beside
from .test_sent_artifacts import BINARY, body_of

__all__ = ["bucket", "s3"]

MEBI = 1 << 20


class Open(Protocol):
    def __call__(self, **settings: str) -> AbstractContextManager[Beside]: ...


@pytest.fixture
def beside(house: House, free_port: FreePort) -> Iterator[Open]:
    """Opens a gateway with these settings, without CALLGATE_ before their names, and a store of its own."""
    with tempfile.TemporaryDirectory(prefix="cga-", dir="/tmp") as home:

        def opened(**settings: str) -> AbstractContextManager[Beside]:
            chosen = {
                "CALLGATE_ARTIFACTS_STORE": f"{home}/artifacts",
                **{f"CALLGATE_{name}": one for name, one in settings.items()},
            }
            return Beside(house, Path(home), f"127.0.0.1:{free_port()}", chosen)

        yield opened


def made(
    situation: Situate, recipes: Recipes, size: int, *, lengthless: bool = False, method: str = "post", kind: str = "text/plain"
) -> Situation:
    """A tool whose answer has so many bytes; where it says no length, it ends with the connection."""
    body = b"data: xxx\n\n" * (size // 11) if "event" in kind else b"x" * size
    told = [head(200, f"Content-Type: {kind}"), body] if lengthless else answer(200, body, media_type=kind)
    recipes.tell(method.upper(), "/ask", told)
    return situation({"/ask": operation(method)})


def refused(called: Invocation, *, acts: bool = True) -> LimitExceeded:
    assert isinstance(called.outcome, LimitExceeded), called.outcome
    assert (called.outcome.http_status, called.outcome.effect_possible) == (200, acts)
    return called.outcome


def kept(beside: Beside) -> list[Path]:
    return [path for path in (beside.home / "artifacts").rglob("*") if path.is_file()]


@pytest.mark.parametrize("lengthless", [False, True], ids=["that says so", "that does not say so"])
@pytest.mark.parametrize("method", ["post", "get"])
def test_an_answer_over_the_operators_bound_is_too_large_and_that_bound_is_named(
    situation: Situate, recipes: Recipes, beside: Open, lengthless: bool, method: str
) -> None:
    tool, acts = made(situation, recipes, 3 * MEBI, lengthless=lengthless, method=method), method == "post"
    with beside(ARTIFACTS_BYTES=str(2 * MEBI)) as gateway:
        outcome = refused(gateway.call(tool, "ask"), acts=acts)
        assert (outcome.limit, kept(gateway)) == ("artifact_bytes", [])
        assert f"raise CALLGATE_ARTIFACTS_BYTES, which is {2 * MEBI:,} bytes" in outcome.message
        assert ".." not in outcome.message
        assert ("do not call again" in outcome.message, "Ask the tool for less" in outcome.message) == (acts, not acts)
        assert len(recipes.received(method.upper(), "/ask")) == 1


def test_what_a_call_sends_counts_too_and_then_that_bound_is_named(situation: Situate, recipes: Recipes, beside: Open) -> None:
    recipes.tell("PUT", "/file", answer(200, b"x" * 3 * MEBI, media_type="text/plain"))
    tool = situation({"/file": operation("put", requestBody=BINARY)})
    with beside(ARTIFACTS_BYTES=str(3 * MEBI), ARTIFACTS_CALL_BYTES=str(4 * MEBI)) as gateway:
        sent = gateway.client.artifacts.put(bytes(2 * MEBI))
        outcome = refused(gateway.call(tool, "ask", {"body": sent.argument}))
        assert outcome.limit == "artifact_bytes"
        assert f"raise CALLGATE_ARTIFACTS_CALL_BYTES, which is {4 * MEBI:,} bytes" in outcome.message


def test_of_a_stream_over_the_operators_bound_the_beginning_is_told(situation: Situate, recipes: Recipes, beside: Open) -> None:
    tool = made(situation, recipes, 3 * MEBI, kind="text/event-stream", lengthless=True)
    with beside(ARTIFACTS_BYTES=str(2 * MEBI)) as gateway:
        outcome = refused(gateway.call(tool, "ask"))
        assert (outcome.limit, outcome.result is not None) == ("artifact_bytes", True)


def test_a_full_store_is_a_limit_that_names_its_cure_and_room_is_made_by_deleting(
    situation: Situate, recipes: Recipes, beside: Open
) -> None:
    tool = made(situation, recipes, 3 * MEBI)
    with beside(QUOTA_ARTIFACTS_BYTES=str(5 * MEBI)) as gateway:
        first = succeeded(gateway.call(tool, "ask")).artifact
        assert first is not None
        outcome = refused(gateway.call(tool, "ask"))
        assert outcome.limit == "quota"
        for word in ("callgate artifact delete", "CALLGATE_QUOTA_ARTIFACTS_BYTES"):
            assert word in outcome.message
        assert len(kept(gateway)) == 2  # the bytes, and what is known of them
        with pytest.raises(QuotaExceeded):
            gateway.client.artifacts.put(bytes(3 * MEBI))
        gateway.client.artifacts.delete(first)
        with pytest.raises(ArtifactNotFound):
            gateway.client.artifacts.get(first)
        assert succeeded(gateway.call(tool, "ask")).artifact is not None


def test_a_gateway_without_a_store_refuses_what_is_over_the_bound(situation: Situate, recipes: Recipes, beside: Open) -> None:
    tool = made(situation, recipes, 3 * MEBI)
    with beside(ARTIFACTS_STORE="") as gateway:
        assert refused(gateway.call(tool, "ask")).limit == "response_bytes"
        with pytest.raises(ArtifactsOff) as refusal:
            gateway.client.artifacts.put(b"a")
        assert "CALLGATE_ARTIFACTS_STORE" in refusal.value.cure


def test_an_artifact_expires(situation: Situate, recipes: Recipes, beside: Open) -> None:
    tool = made(situation, recipes, 3 * MEBI)
    with beside(ARTIFACTS_HOURS=str(2 / 3600)) as gateway:
        artifact = succeeded(gateway.call(tool, "ask")).artifact
        assert artifact is not None
        eventually(lambda: list(gateway.client.artifacts.list()) == [])
        with pytest.raises(ArtifactExpired):
            list(gateway.client.artifacts.read(artifact))


def test_of_a_stream_for_which_there_is_no_room_the_beginning_is_told_and_it_is_asked_for_once(
    situation: Situate, recipes: Recipes, beside: Open
) -> None:
    tool = made(situation, recipes, 3 * MEBI, method="get", kind="text/event-stream")
    with beside(QUOTA_ARTIFACTS_BYTES=str(MEBI)) as gateway:
        outcome = refused(gateway.call(tool, "ask"), acts=False)
        assert outcome.limit == "quota"
        assert outcome.result is not None
        assert outcome.result.body.startswith(b"data: xxx")
        assert len(recipes.received("GET", "/ask")) == 1
        assert kept(gateway) == []


@pytest.mark.parametrize("kind", ["text/plain", "text/event-stream"])
@pytest.mark.parametrize("method", ["post", "put", "get"])
def test_a_store_that_cannot_be_written_is_told_and_the_call_is_not_made_again(
    situation: Situate, recipes: Recipes, beside: Open, method: str, kind: str
) -> None:
    tool = made(situation, recipes, 3 * MEBI, method=method, kind=kind)
    with beside() as gateway:
        (gateway.home / "artifacts").rmdir()
        (gateway.home / "artifacts").write_text("no directory any more")
        called = gateway.call(tool, "ask")
        assert "CALLGATE_ARTIFACTS_STORE" in str(called.outcome)
        # What acts and was answered is not to be asked for anew.
        assert "do not call again" in str(called.outcome)
        assert "Send the same request again" not in str(called.outcome)
        assert len(called.attempts) == len(recipes.received(method.upper(), "/ask")) == 1


def test_a_gateway_keeps_artifacts_in_a_bucket(situation: Situate, recipes: Recipes, beside: Open, bucket: Bucket) -> None:
    """Up and down: what is put there is sent, and what comes is read and expires like that of a directory."""
    tool = made(situation, recipes, 20 * MEBI)
    recipes.tell("PUT", "/file", answer(200))
    sends = situation({"/file": operation("put", requestBody=BINARY)})
    of_s3 = {
        "ARTIFACTS_STORE": f"s3://{bucket.name}/{bucket.prefix}",
        "ARTIFACTS_S3_ENDPOINT": str(bucket.endpoint),
        "ARTIFACTS_S3_REGION": str(bucket.region),
        "ARTIFACTS_S3_CREDENTIALS_FILE": str(bucket.credentials_file),
    }
    with beside(**of_s3) as gateway:
        artifact = succeeded(gateway.call(tool, "ask")).artifact
        assert artifact is not None
        assert b"".join(gateway.client.artifacts.read(artifact, offset=7)) == b"x" * (20 * MEBI - 7)
        succeeded(gateway.call(sends, "ask", {"body": artifact.argument}))
        assert len(body_of(recipes.received("PUT", "/file")[0])) == 20 * MEBI
        assert kept(gateway) == []
        gateway.client.artifacts.delete(artifact)
        assert list(gateway.client.artifacts.list()) == []
