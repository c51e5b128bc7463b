"""The example `google_adk.py`."""

from google.adk.sessions import InMemorySessionService

from tests.clients.documented import say
from tests.clients.scripted.adk_model import ScriptedLlm

model = ScriptedLlm(say=say)
sessions = InMemorySessionService()
