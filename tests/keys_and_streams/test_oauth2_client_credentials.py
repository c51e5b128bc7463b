"""A token is obtained for a client's secret before a call that needs it, kept in Vault, and used until it ends."""

import base64
from urllib.parse import quote_plus

from callgate import Succeeded

from .token_api import SECRET, TokenApi, granted


def test_a_call_shows_a_token_that_a_box_has_obtained_before_it(api: TokenApi) -> None:
    api.offer()
    api.grants(granted("access-one"))
    api.serves()
    assert isinstance(api.call().outcome, Succeeded)
    assert api.shown() == ["Bearer access-one"]
    (form,) = api.forms()
    assert form == {"grant_type": "client_credentials", "scope": "things.read"}
    (request,) = api.upstream.received("POST", "/token")
    login = ":".join(quote_plus(SECRET[name]) for name in ("client_id", "client_secret"))
    assert request.headers["authorization"] == "Basic " + base64.b64encode(login.encode()).decode()
    assert api.kept()["access_token"] == "access-one"


def test_the_token_is_used_again_until_it_ends(api: TokenApi) -> None:
    api.offer()
    api.grants(granted("access-one"))
    api.serves()
    for operation in ("look", "look", "act"):
        assert isinstance(api.call(operation).outcome, Succeeded)
    assert len(api.forms()) == 1
    assert api.shown() + api.shown("POST") == ["Bearer access-one"] * 3
