"""The Functions do what the specification says, along every kind of step; and a defect in them would be noticed."""

from collections.abc import Sequence
from typing import Any

import pytest

from .functions import LEDGER, Server, divergence
from .mutations import MUTATIONS, Mutation
from .mutations_of_lineage import LINEAGE
from .world import Call

Transcripts = list[list[tuple[Any, bytes]]]


@pytest.mark.slow
def test_the_functions_keep_to_the_specification(server: Server, histories: list[Sequence[Call]]) -> None:
    server.load(LEDGER)
    for history, transcript in zip(histories, server.transcripts(histories), strict=True):
        found = divergence(history, transcript)
        assert found is None, str(found)


@pytest.fixture(scope="module")
def right(valkey: Server, histories: list[Sequence[Call]]) -> Transcripts:
    """What the Functions answer and leave when they are right: the test above says so."""
    valkey.load(LEDGER)
    return list(valkey.transcripts(histories))


@pytest.mark.parametrize("mutation", [*MUTATIONS, *LINEAGE], ids=lambda mutation: mutation.name)
def test_a_defect_is_noticed(valkey: Server, histories: list[Sequence[Call]], right: Transcripts, mutation: Mutation) -> None:
    valkey.load(mutation.of(LEDGER))
    assert any(one != other for one, other in zip(valkey.transcripts(histories), right, strict=True))


@pytest.mark.slow
def test_the_same_functions_give_the_same_transcripts(
    valkey: Server, histories: list[Sequence[Call]], right: Transcripts
) -> None:
    valkey.load(LEDGER)
    assert list(valkey.transcripts(histories)) == right
