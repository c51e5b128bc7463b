"""The example `gemini.py`."""

from google.genai import Client as GoogleClient
from google.genai.types import HttpOptions

from tests.clients.documented import say
from tests.clients.scripted.gemini_api import MODEL
from tests.clients.scripted.gemini_api import contents as said
from tests.clients.scripted.provider import Provider

model = MODEL
google = GoogleClient(api_key="none", http_options=HttpOptions(base_url=Provider(said(say)).__enter__().url))
