"""A loop around OpenAI's client, with chat completions; with `responses` behind its name, with responses."""

import sys
from typing import Any

from openai import OpenAI

from callgate.openai import ChatTools, ResponseTools
from tests.clients.agents.loops import play
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.openai_api import MODEL
from tests.clients.scripted.openai_api import completions as said_in_completions
from tests.clients.scripted.openai_api import responses as said_in_responses
from tests.clients.scripted.provider import Provider
from tests.promises.agents.script import message


def chat(openai: OpenAI, tools: ChatTools) -> list[Any]:
    def ask(messages: list[Any]) -> tuple[list[Any], Any]:
        completion = openai.chat.completions.create(model=MODEL, messages=messages, tools=tools.schemas)
        said = completion.choices[0].message
        return [said], said

    said = play(tools, [{"role": "user", "content": TASK}], ask)
    return [one["content"] for one in said if isinstance(one, dict) and one["role"] == "tool"]


def responses(openai: OpenAI, tools: ResponseTools) -> list[Any]:
    def ask(messages: list[Any]) -> tuple[list[Any], Any]:
        response = openai.responses.create(model=MODEL, input=messages, tools=tools.schemas)
        return list(response.output), response

    said = play(tools, [{"role": "user", "content": TASK}], ask)
    return [one["output"] for one in said if isinstance(one, dict) and one.get("type") == "function_call_output"]


def main(_: str, mode: str, protocol: str = "chat") -> None:
    said = said_in_completions if protocol == "chat" else said_in_responses
    with client(mode) as callgate, Provider(said(message)) as provider:
        openai = OpenAI(api_key="none", base_url=provider.url)
        if protocol == "chat":
            tell(chat(openai, ChatTools.load(callgate, "bank")))
        else:
            tell(responses(openai, ResponseTools.load(callgate, "bank")))


if __name__ == "__main__":
    main(*sys.argv[1:])
