"""ADK's agent in an app that can be resumed, with its session in SQLite. Its retry is its node's RetryConfig, which asks the
model again; an app that can be resumed would pause there instead."""

import asyncio
import sys
from pathlib import Path

from google.adk.agents import LlmAgent
from google.adk.apps import App, ResumabilityConfig
from google.adk.runners import Runner
from google.adk.sessions import Session
from google.adk.sessions.sqlite_session_service import SqliteSessionService
from google.adk.workflow import RetryConfig
from google.genai.types import Content, Part

from callgate.google_adk import tools_async
from tests.clients.agents.playing import TASK, async_client, tell
from tests.clients.scripted.adk_model import ScriptedLlm
from tests.promises.agents.script import RUN, message

NAMES = {"app_name": "bank", "user_id": "ada"}


async def main(directory: str, mode: str) -> None:
    sessions = SqliteSessionService(str(Path(directory) / "sessions.db"))
    session = await sessions.get_session(**NAMES, session_id=RUN) or await sessions.create_session(**NAMES, session_id=RUN)
    async with async_client(mode) as callgate:
        retries = RetryConfig(initial_delay=0.01) if mode == "retry" else None
        given = await tools_async(callgate, "bank")
        agent = LlmAgent(name="teller", model=ScriptedLlm(say=message), tools=given, retry_config=retries)
        app = App(name="bank", root_agent=agent, resumability_config=ResumabilityConfig(is_resumable=mode == "kill"))
        async with Runner(app=app, session_service=sessions) as runner:
            async for _ in runner.run_async(user_id="ada", session_id=RUN, **_begin(session)):
                pass
    ended = await sessions.get_session(**NAMES, session_id=RUN)
    tell(one.response["output"] for event in ended.events for one in event.get_function_responses())


def _begin(session: Session) -> dict[str, object]:
    """The task, or which invocation is to be resumed."""
    begun = [event.invocation_id for event in session.events]
    return {"invocation_id": begun[-1]} if begun else {"new_message": Content(role="user", parts=[Part(text=TASK)])}


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
