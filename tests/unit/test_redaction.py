import pytest

from registry.redaction import DEEPEST, LONGEST, REDACTED, redact

CANARY = "hunter2-canary"


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [
        ({"password": CANARY}, {}),
        ({"body": {"user": {"apiKey": CANARY}}}, {}),
        ({"card_number": CANARY}, {}),
        ({"Authorization": {"a": [CANARY]}}, {}),
        ({"note": CANARY}, {"properties": {"note": {"type": "string", "writeOnly": True}}}),
        ({"list": [{"x": CANARY}]}, {"properties": {"list": {"items": {"properties": {"x": {"format": "password"}}}}}}),
    ],
)
def test_a_secret_value_is_replaced_wherever_it_stands(arguments: dict[str, object], schema: dict[str, object]) -> None:
    assert CANARY not in str(redact(arguments, schema))
    assert REDACTED in str(redact(arguments, schema))


def test_what_the_call_is_about_stays() -> None:
    order = {"body": {"item": "hinge", "quantity": 2, "tags": ["a", None, True]}}
    assert redact(order, {"properties": {"body": True}}) == order


def test_a_long_text_is_cut_and_a_deep_value_ends() -> None:
    deep: object = CANARY
    for _ in range(DEEPEST * 2):
        deep = [deep]
    shown = redact({"text": "x" * (LONGEST * 2), "deep": deep}, {})
    assert shown["text"].startswith("x" * LONGEST + "…")
    assert CANARY not in str(shown)
