"""The example `autogen.py`."""

from tests.clients.documented import say
from tests.clients.scripted.autogen_model import Scripted

model = Scripted(say)
