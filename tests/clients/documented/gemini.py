"""The example `gemini.py`."""

from google import genai
from google.genai.types import HttpOptions

from tests.clients.documented import say
from tests.clients.scripted.gemini_api import MODEL, contents as said
from tests.clients.scripted.provider import Provider

model = MODEL
google = genai.Client(api_key="none", http_options=HttpOptions(base_url=Provider(said(say)).__enter__().url))
