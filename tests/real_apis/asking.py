"""Situations of one operation, which most about answers are: what is told for it, and how its call ends."""

from collections.abc import Mapping
from typing import Any

from callgate import Invocation, Result, Succeeded, ToolFailed

from .conftest import Json, Situate, Situation
from .recipes import Answer, Recipes

SECRET = "s3cr3t/canary+0123"

#: What a caller may make of an answer, without its type.
Arguments = Mapping[str, Any]


def operation(method: str = "get", name: str = "ask", **said: Any) -> Json:
    return {method: {"operationId": name, **said}}


def named(*upstreams: Recipes, **settings: Any) -> Json:
    """A manifest by which every tool may be redirected to these."""
    return {"defaults": {"redirects": [one.url for one in upstreams], **settings}}


def asked(
    situation: Situate,
    recipes: Recipes,
    *answers: Answer,
    method: str = "get",
    arguments: Arguments | None = None,
    **options: Any,
) -> Invocation:
    """The end of a call of an operation for which these answers are told. `options` are of the situation."""
    said = options.pop("said", {})
    recipes.tell(method.upper(), "/ask", *answers)
    made: Situation = situation({"/ask": operation(method, **said)}, **options)
    return made.call("ask", arguments)


def succeeded(called: Invocation) -> Result:
    assert isinstance(called.outcome, Succeeded), called.outcome
    return called.outcome.result


def failed(called: Invocation) -> ToolFailed:
    assert isinstance(called.outcome, ToolFailed), called.outcome
    return called.outcome
