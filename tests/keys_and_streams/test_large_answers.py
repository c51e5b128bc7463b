"""Answers over a tool's bound: kept as artifacts, bounded, without the secret, and read to the byte."""

from hashlib import sha256
from pathlib import Path

import pytest

from callgate import Artifact, LimitExceeded
from tests.e2e.house import House
from tests.real_apis.asking import SECRET, asked, failed, succeeded
from tests.real_apis.conftest import Situate
from tests.real_apis.recipes import Recipes, answer, head

MEBI = 1 << 20


def large(size: int = 5 * MEBI) -> bytes:
    line = b"%07d 0123456789abcdef0123456789abcdef0123456789abcdefghijk\n"
    return b"".join(line % number for number in range(size // 64 + 1))[:size]


def artifact_of(called: object) -> Artifact:
    result = succeeded(called)  # type: ignore[arg-type]
    assert result.artifact is not None
    return result.artifact


def test_an_answer_over_the_bound_is_an_artifact_and_its_beginning_is_told(
    situation: Situate, recipes: Recipes, house: House, tmp_path: Path
) -> None:
    body = large()
    called = asked(situation, recipes, answer(200, body, media_type="text/plain"))
    result, artifact = succeeded(called), artifact_of(called)
    assert (artifact.size, artifact.sha256, artifact.media_type) == (len(body), sha256(body).hexdigest(), "text/plain")
    assert result.body == body[:4096]
    assert "is the artifact " + artifact.id in result.for_model
    assert house.client.artifacts.download(artifact, tmp_path / "answer.txt") == len(body)
    assert (tmp_path / "answer.txt").read_bytes() == body
