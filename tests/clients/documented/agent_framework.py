"""The example `agent_framework.py`."""

from tests.clients.documented import say
from tests.clients.scripted.agent_framework_model import Scripted

model = Scripted(say)
