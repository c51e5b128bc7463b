"""The example `llama_index.py`."""

from tests.clients.documented import say
from tests.clients.scripted.index_model import scripted

model = scripted(say)
