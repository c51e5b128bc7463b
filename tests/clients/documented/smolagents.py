"""The example `smolagents.py`."""

from tests.clients.documented import say
from tests.clients.scripted.smol_model import ScriptedCode

model = ScriptedCode(say)
