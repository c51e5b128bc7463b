"""LLM APIs are APIs: OpenAI's own document, and one of Anthropic's shape, as chat tools with the example's manifests."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callgate import AnswerEvent, Client, Cost, Mode, Recording, Succeeded, ToolFailed
from tests.conftest import REPOSITORY
from tests.docs.pages import DOCS, fences
from tests.e2e.house import House

from .llm_servers import INPUT, KEY, OUTPUT, WORDS, AnthropicShaped, LlmServer, OpenAiShaped
from .streaming import ended

CHAT = REPOSITORY / "examples" / "chat"
TEXT = "".join(WORDS)


class Chat:
    """A chat tool in a house, before a scripted server."""

    def __init__(self, house: House, server: LlmServer, tool: str) -> None:
        self.house, self.server, self.tool = house, server, tool
        self.openai = isinstance(server, OpenAiShaped)

    def asking(self, question: str, *, stream: bool = False) -> dict[str, Any]:
        body = {"model": "small", "messages": [{"role": "user", "content": question}], "stream": stream}
        own = {"stream_options": {"include_usage": True}} if self.openai and stream else {}
        return {"body": body | ({} if self.openai else {"max_tokens": 100}) | own}

    def words(self, events: list[AnswerEvent]) -> str:
        """What the deltas say."""
        read = [event.json() for event in events if event.data != b"[DONE]"]
        if self.openai:
            return "".join(choice["delta"]["content"] for one in read for choice in one["choices"])
        return "".join(one["delta"]["text"] for one in read if one["type"] == "content_block_delta")

    @property
    def cost(self) -> Cost:
        if self.openai:
            counts = {"prompt_tokens": INPUT, "completion_tokens": OUTPUT}
            return Cost(INPUT * 0.0000025 + OUTPUT * 0.00001, counts)
        return Cost(INPUT * 0.000003 + OUTPUT * 0.000015, {"input_tokens": INPUT, "output_tokens": OUTPUT})


@pytest.fixture(scope="module")
def chats(house: House, specs: Path) -> Iterator[dict[str, Chat]]:
    with OpenAiShaped() as openai, AnthropicShaped() as anthropic:
        documents = {
            "openai": (openai, specs / "openai-openapi" / "openapi.json", "createChatCompletion"),
            "anthropic": (anthropic, CHAT / "messages.openapi.yaml", "create_message"),
        }
        for name, (server, document, _) in documents.items():
            manifest = (CHAT / f"{name}.toolset.yaml").read_bytes()
            report = house.client.toolsets.import_openapi(document.read_bytes(), name, server=server.url, manifest=manifest)
            assert not any(fault.refuses for fault in report.faults)
            assert len(report.tools) == 1
            house.store(report, {f"secret/data/{name}": {"key": KEY}})
        yield {name: Chat(house, server, tool) for name, (server, _, tool) in documents.items()}


@pytest.fixture(params=["openai", "anthropic"])
def chat(request: pytest.FixtureRequest, chats: dict[str, Chat]) -> Chat:
    chat = chats[request.param]
    chat.server.asked.clear()
    chat.server.pace = None
    return chat


def test_a_chat_tool_answers_and_its_tokens_are_counted(chat: Chat, house: House) -> None:
    called = house.client.call(chat.tool, chat.asking("Is there tea?"))
    assert TEXT in json.dumps(called.json())
    assert called.cost == chat.cost


def test_a_streamed_answer_comes_word_by_word_and_its_tokens_are_counted(chat: Chat, house: House) -> None:
    chat.server.pace, seen = threading.Semaphore(0), list[AnswerEvent]()
    stream = house.client.stream(chat.tool, chat.asking("Is there tea, word by word?", stream=True))
    for event in stream:
        seen.append(event)
        chat.server.pace.release()
    assert chat.words(seen) == TEXT
    assert ended(stream).cost == chat.cost
    assert isinstance(ended(stream).outcome, Succeeded)


def test_the_program_of_requests_and_answers_md_reads_a_stream(
    chats: dict[str, Chat], house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = (fence.body for fence in fences(DOCS / "requests-and-answers.md") if fence.language == "python")
    exec(program, {"client": house.client})
    said = capsys.readouterr().out.splitlines()
    assert (said[-2], said[-1][:8]) == ("[DONE]", "b'data: ")


def test_the_same_question_is_answered_by_the_cache_and_costs_nothing(chat: Chat, house: House) -> None:
    asked = chat.asking("Is there tea, once more?", stream=True)
    streams = [house.client.stream(chat.tool, asked) for _ in range(2)]
    assert [chat.words(list(stream)) for stream in streams] == [TEXT, TEXT]
    assert (ended(streams[1]).outcome_source, ended(streams[1]).cost) == ("cache", None)
    assert len(chat.server.asked) == 1


def test_a_recorded_conversation_is_replayed_without_the_model(chat: Chat, house: House) -> None:
    token = house.state.token.read_text()
    for mode in (Mode.RECORD, Mode.REPLAY_STRICT):
        with Client(house.address, token=token, recording=Recording(f"talk with {chat.tool}", mode)) as client:
            stream = client.stream(chat.tool, chat.asking("Is there tea on record?", stream=True))
            assert chat.words(list(stream)) == TEXT
    assert len(chat.server.asked) == 1


def test_the_exact_prompt_and_answer_are_on_record(chat: Chat, house: House) -> None:
    asked = chat.asking("Is there tea at step 17?", stream=True)
    stream = house.client.stream(chat.tool, asked, run_id="run")
    list(stream)
    found = house.client.invocations.exchange(ended(stream).id)
    assert (found.arguments, found.outcome) == (asked, ended(stream).outcome)
    assert chat.server.asked == [asked["body"]]


def test_what_the_api_refuses_is_a_failure_with_its_words(chat: Chat, house: House) -> None:
    arguments = chat.asking("Is there tea for me?")
    original, chat.server.path = chat.server.path, "/elsewhere"
    try:
        outcome = house.client.call(chat.tool, arguments).outcome
    finally:
        chat.server.path = original
    assert isinstance(outcome, ToolFailed)
    assert outcome.result is not None
    assert b"error" in outcome.result.body
