"""What leaves a box, byte for byte."""

from .conftest import Situate
from .recipes import Recipes, answer


def test_a_recipe_is_answered_and_its_request_is_seen_byte_for_byte(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("GET", "/plain", answer(200, b'{"plain": true}'))
    called = situation({"/plain": {"get": {"operationId": "plain"}}}, secret="s3cret").call("plain")
    assert called.json() == {"plain": True}
    (request,) = recipes.received("GET", "/plain")
    assert request.raw.startswith(b"GET /plain HTTP/1.1\r\n")
    assert request.headers["authorization"] == "Bearer s3cret"
