"""The example `langgraph.py`."""

from langgraph.checkpoint.memory import InMemorySaver

from tests.clients.documented import say
from tests.clients.scripted.langchain_model import Scripted

model = Scripted(say=say)
saver = InMemorySaver()
