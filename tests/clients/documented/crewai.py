"""The example `crewai.py`."""

from tests.clients.documented import say
from tests.clients.scripted.crewai_model import Scripted

model = Scripted(model="scripted", say=say)
