"""JSONPath (RFC 9535) → the places in a document that a query selects. The only importer of jsonpath.

It runs where the process is bounded: a query may look at every value of a document many times, and its patterns backtrack.
"""

from itertools import islice
from typing import Any

from jsonpath import CompoundJSONPath, JSONPath, JSONPathEnvironment, JSONPathError

from registry.model.json_limits import DOCUMENT_DEPTH

#: Places that one query may select.
PLACES = 100_000
#: Characters of a query.
LENGTH = 2_000

#: The steps from the root: keys of objects and indexes of lists.
Place = tuple[str | int, ...]


class QueryRefused(Exception):
    """The query is malformed, or selects too much. The message says which."""


class _Environment(JSONPathEnvironment):
    max_recursion_depth = DOCUMENT_DEPTH + 1


_ENVIRONMENT = _Environment(strict=True)


def compile_query(text: str) -> JSONPath | CompoundJSONPath:
    """Raises QueryRefused."""
    if len(text) > LENGTH:
        raise QueryRefused(f"the JSONPath has more than {LENGTH:,} characters")
    try:
        return _ENVIRONMENT.compile(text)
    except (JSONPathError, RecursionError, ValueError) as error:
        raise QueryRefused(f"the JSONPath cannot be read: {_reason(error)}") from None


def places(text: str, document: Any) -> list[Place]:
    """Every place that the query selects, once, in the order in which it selects them. Raises QueryRefused."""
    try:
        found = list(islice((tuple(match.parts) for match in compile_query(text).finditer(document)), PLACES + 1))
    except (JSONPathError, RecursionError) as error:
        raise QueryRefused(f"the JSONPath cannot be evaluated: {_reason(error)}") from None
    if len(found) > PLACES:
        raise QueryRefused(f"the JSONPath selects more than {PLACES:,} places")
    return list(dict.fromkeys(found))


def _reason(error: Exception) -> str:
    # The library's own text shows the place in the query, and fails for one of no characters.
    return str(*error.args[:1]).partition("\n")[0][:200] or type(error).__name__
