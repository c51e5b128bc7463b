"""The example `openai_responses.py`."""

from openai import OpenAI

from tests.clients.documented import say
from tests.clients.scripted.openai_api import MODEL, responses
from tests.clients.scripted.provider import Provider

model = MODEL
openai = OpenAI(api_key="none", base_url=Provider(responses(say)).__enter__().url)
