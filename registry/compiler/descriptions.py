"""What a model reads of an operation: the author's words, or, where there are none, a sentence of method, path and tags."""

import re
from collections.abc import Iterator

from registry.compiler.operations import OperationSite, tags_of, text
from registry.model.plain_text import plain_text, shortened
from registry.model.tool import JsonObject

DESCRIPTION_CHARACTERS = 1_024
DEPRECATED = "Deprecated: its API advises against it."
_VERBS = {
    "GET": "Reads",
    "HEAD": "Reads the headers of",
    "POST": "Posts to",
    "PUT": "Puts",
    "PATCH": "Changes",
    "DELETE": "Deletes",
    "OPTIONS": "Reads the options of",
    "TRACE": "Traces",
    "QUERY": "Queries",
}
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_WORDS = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Tags of a sentence.
_TAGS = 3


def describe(site: OperationSite) -> str:
    """The operation's summary and description, or those of its path; else a sentence."""
    words = next(filter(None, (_said(holder) for holder in (site.operation, site.item))), "") or _sentence(site)
    if not is_deprecated(site):
        return shortened(words, DESCRIPTION_CHARACTERS)
    return f"{DEPRECATED}\n\n{shortened(words, DESCRIPTION_CHARACTERS - len(DEPRECATED) - 2)}"


def is_deprecated(site: OperationSite) -> bool:
    return site.operation.get("deprecated") is True


def _said(holder: JsonObject) -> str:
    texts = dict.fromkeys(plain_text(given).strip() for key in ("summary", "description") if (given := text(holder.get(key))))
    return "\n\n".join(given for given in texts if given)


def _sentence(site: OperationSite) -> str:
    """`Reads orders by id, of users by user_id (GET /users/{user_id}/orders/{id}). Tags: Orders.`"""
    method, path = site.route
    things = ", of ".join(reversed(list(_things(path)))) or "the root"
    verb = _VERBS.get(method, f"Calls {method} on")
    tags = tags_of(site.operation)[:_TAGS]
    return f"{verb} {things} ({method} {path})." + (f" Tags: {', '.join(tags)}." if tags else "")


def _things(path: str) -> Iterator[str]:
    """Each named segment of the path in words, with the variables behind it."""
    thing = ""
    for segment in path.partition("?")[0].partition("#")[0].split("/"):
        words = " ".join(_WORDS.findall(_HUMP.sub(" ", _VARIABLE.sub(" ", segment)))).lower()
        variables = [name for name in _VARIABLE.findall(segment) if name]
        if words and thing:
            yield thing
        thing = words or thing
        if variables:
            thing = f"{thing or 'what is found'} by {' and '.join(variables)}"
    if thing:
        yield thing
