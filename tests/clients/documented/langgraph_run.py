"""The example `langgraph_run.py`."""

from tests.clients.documented import say
from tests.clients.scripted.langchain_model import Scripted

model = Scripted(say=say)
