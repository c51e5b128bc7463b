"""The example `anthropic.py`."""

from anthropic import Anthropic

from tests.clients.documented import say
from tests.clients.scripted.anthropic_api import MODEL
from tests.clients.scripted.anthropic_api import messages as said
from tests.clients.scripted.provider import Provider

model = MODEL
anthropic = Anthropic(api_key="none", base_url=Provider(said(say)).__enter__().url)
