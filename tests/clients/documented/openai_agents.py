"""The example `openai_agents.py`. Nothing is traced: that would leave the machine."""

from agents import set_tracing_disabled

from tests.clients.documented import say
from tests.clients.scripted.agents_model import Scripted

set_tracing_disabled(True)
model = Scripted(say)
