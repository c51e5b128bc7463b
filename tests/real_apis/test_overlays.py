"""What an operator corrects in a vendor's document before it is read."""

import json

import pytest

from callgate.errors import CallgateError, DocumentInvalid, DocumentTooLarge, ManifestInvalid
from tests.e2e.conftest import collector, house, new_house, open_house
from tests.e2e.house import House

from .conftest import recipes
from .documents import OK, Json, Offer, body_of
from .recipes import Recipes

__all__ = ["collector", "house", "new_house", "open_house", "recipes"]


@pytest.fixture
def offer(house: House, recipes: Recipes) -> Offer:
    return Offer(house, recipes)


def _post(name: str, schema: Json) -> Json:
    return {"paths": {"/o": {"post": OK | body_of(schema) | {"operationId": name}}}}


def test_an_overlay_corrects_what_is_sent(offer: Offer) -> None:
    name = offer.name("corrected")
    action = {
        "target": "$.paths['/o'].post.requestBody.content",
        "update": {"application/json": {"schema": {"type": "object"}}},
    }
    wrong = {"target": "$.paths['/o'].post.requestBody.content['application/json'].schema", "remove": True}
    imported = offer(_post(name, {"type": "string", "minLength": 2, "maxLength": 1}), overlays=[{"actions": [wrong, action]}])
    assert imported.report.faults == ()
    offer.answers("POST", "/o")
    assert imported.call(name, body={"a": 1}).json() == {"ok": True}


def test_an_operation_that_an_overlay_removes_is_no_tool(offer: Offer) -> None:
    kept, gone = offer.name("kept"), offer.name("gone")
    paths = {f"/{name}": {"get": OK | {"operationId": name}} for name in (kept, gone)}
    remove = {"target": f"$.paths['/{gone}']", "remove": True}
    imported = offer({"paths": paths}, overlays=[{"actions": [remove]}])
    assert [tool.name for tool in imported.report.tools] == [kept]


def test_overlays_follow_each_other(offer: Offer) -> None:
    name = offer.name("words")
    said = [{"actions": [{"target": "$.paths.*.post", "update": {"summary": word}}]} for word in ("First.", "Second.")]
    offer(_post(name, {}), overlays=said)
    assert offer.house.client.tools.get(name).description == "Second."


def test_an_action_that_selects_nothing_is_told_and_the_rest_is_done(offer: Offer) -> None:
    name = offer.name("stale")
    imported = offer(_post(name, {}), overlays=[{"actions": [{"target": "$.paths['/gone']", "remove": True}]}])
    assert [fault.pointer for fault in imported.report.faults] == ["overlays:/0/actions/0/target"]
    offer.answers("POST", "/o")
    assert imported.call(name, body=1).json() == {"ok": True}


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ({"target": "$..*", "remove": True}, DocumentInvalid),
        ({"target": "$..*", "update": {"x": 1}}, ManifestInvalid),
        ({"target": "$..*..*..*..*..*..*..*", "remove": True}, ManifestInvalid),
        ({"target": "$..[?search(@, '^(a|aa)+$')]", "remove": True}, DocumentTooLarge),
        ({"target": "not a path", "update": {}}, ManifestInvalid),
    ],
)
def test_an_overlay_that_selects_everything_is_a_typed_error_and_changes_nothing(
    offer: Offer, action: Json, error: type[CallgateError]
) -> None:
    name = offer.name("bounded")
    document = _post(name, {}) | {"x-slow": "a" * 60 + "b", "x-deep": json.loads("[" * 60 + "]" * 60)}
    with pytest.raises(error) as refused:
        offer(document, overlays=[{"actions": [action]}])
    assert refused.value.cure
    assert list(offer.house.client.tools.list(name=name)) == []


def test_overlays_that_the_manifest_names_must_be_sent(offer: Offer) -> None:
    with pytest.raises(ManifestInvalid, match="overlays"):
        offer(_post(offer.name("unsent"), {}), manifest={"overlays": ["fix.overlay.yaml"]})


def test_the_same_document_with_the_same_overlay_changes_nothing(house: House, recipes: Recipes) -> None:
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "o", "version": "1"},
        "actions": [{"target": "$.info", "update": {"title": "mine"}}],
    }
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}} | _post("same_overlaid", {})

    def imported() -> tuple[int, int]:
        report = house.client.toolsets.import_openapi(
            json.dumps(document).encode(), "same-overlaid", server=recipes.url, overlays=[json.dumps(overlay).encode()]
        )
        return report.added, report.unchanged

    assert imported() == (1, 0)
    document["info"] = {"title": "b", "version": "1"}  # which the overlay replaces
    assert imported() == (0, 1)
