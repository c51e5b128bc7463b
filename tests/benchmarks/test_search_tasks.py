"""The task sentences of `search`: what they are for is chosen by rules and by a seed, and by nothing else."""

import json
from pathlib import Path

import pytest

from benchmarks import search_choice
from benchmarks.search_choice import Candidate, choose

TASKS = Path(search_choice.__file__).with_name("search_tasks.jsonl")
LEAST = 150


def candidate(path: str, summary: str, *, document: str = "a.json", title: str = "A", method: str = "GET") -> Candidate:
    return Candidate(document, title, method, path, summary, deprecated=False)


def tasks() -> list[dict[str, str]]:
    return [json.loads(line) for line in TASKS.read_text().splitlines()]


def test_there_are_enough_sentences_and_each_is_one_of_its_kind() -> None:
    written = tasks()
    assert len(written) >= LEAST
    assert len({task["sentence"] for task in written}) == len(written)
    assert len({(task["document"], task["operation"]) for task in written}) == len(written)


def test_the_sentences_are_for_what_the_seed_chooses(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_choice, "SPECS", specs)
    chosen = choose(list(search_choice.operations()))
    assert [(one.document, f"{one.method} {one.path}") for one in chosen] == [
        (task["document"], task["operation"]) for task in tasks()
    ]


def test_the_same_seed_chooses_the_same_and_another_one_does_not() -> None:
    many = [candidate(f"/{word}/{{id}}", f"Reads the {word}") for word in "abcdefghijklmnop"]
    assert choose(many, 1) == choose(many, 1)
    assert len({tuple(choose(many, seed)) for seed in range(20)}) > 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(candidate("/api/v2/users/{user}", "list  Users!", document="b.json", title="B"), id="of another version"),
        pytest.param(candidate("/users/{id}", "List users", method="POST"), id="by another method"),
        pytest.param(candidate("/Users/{id}.json", "Shows them", document="b.json", title="A API"), id="of the same product"),
    ],
)
def test_twins_are_not_asked_for(other: Candidate) -> None:
    assert choose([candidate("/v1/users/{id}", "List users"), other]) == []


def test_the_same_path_of_another_product_with_another_summary_is_no_twin() -> None:
    first, second = candidate("/users", "List users"), candidate("/users", "All members", document="b.json", title="B")
    assert choose([first, second]) == [first, second]


@pytest.mark.parametrize(
    ("path", "summary", "document"),
    [
        ("/users", "", "a.json"),
        ("/users", "Users", "a.json"),
        ("/users", "Benutzer löschen", "a.json"),
        ("/users", "words " * 100, "a.json"),
        ("/users", "List users", "learn/examples/a.json"),
    ],
)
def test_what_no_sentence_can_be_written_from_is_not_asked_for(path: str, summary: str, document: str) -> None:
    assert choose([candidate(path, summary, document=document)]) == []


def test_no_document_gives_more_than_its_quota() -> None:
    many = [candidate(f"/things{number}", f"Reads thing {number}") for number in range(200)]
    assert len(choose(many)) == search_choice.QUOTAS[0][1]
