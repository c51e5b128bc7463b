"""The example `pydantic_ai_deferred.py`."""

from tests.clients.documented import say
from tests.clients.scripted.pydantic_ai_model import scripted

model = scripted(say)
