"""JSON Schemas that run. The only importer of jsonschema_rs.

They are offline, check formats, or those alone to which real APIs keep, and match patterns in linear time where the pattern
allows it. A pattern with look-around or a back-reference runs on a backtracking engine with a bound; over the bound the value
counts as invalid.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

import jsonschema_rs

from registry.model.errors import Violation
from registry.model.json_pointer import joined
from registry.model.tool import JsonObject

#: The most violations that are reported; a caller corrects a few at a time.
VIOLATIONS = 10
_MASK = "the value"

#: Formats that real APIs bend: a time without an offset, `10:00`, a duration in seconds, a relative URL, a name with a `_`. To
#: a lenient validator they are words for the reader; the API itself says what it takes.
BENT = frozenset(("date-time", "time", "duration", "uri", "uri-reference", "iri", "iri-reference", "hostname", "idn-hostname"))
_BACKTRACKING_STEPS = 1_000  # for each place where a match may begin


class SchemaInvalid(Exception):
    """Not a JSON Schema 2020-12 that can be run. The message names the keyword."""


@lru_cache(maxsize=4_096)
def is_pattern(pattern: str) -> bool:
    """Whether `pattern` is a regular expression that one of the two engines reads."""
    try:
        compile_validator({"pattern": pattern})
    except SchemaInvalid:
        return False
    return True


class Validator(Protocol):
    @property
    def backtracks(self) -> bool:
        """Whether a pattern takes more than linear time."""
        ...

    def is_valid(self, instance: Any) -> bool: ...

    def violations(self, instance: Any) -> tuple[Violation, ...]:
        """The first violations, none of which repeats a value. Empty for a valid instance.

        All that there are are made before these are told: there may be as many as the instance has values.
        """
        ...

    def first_violation(self, instance: Any) -> Violation | None:
        """As of `violations`, and only one is made."""
        ...


class KeywordValidator(Protocol):
    """A keyword of ours. One is made for each place in a schema where it stands."""

    def __init__(self, parent_schema: JsonObject, value: Any, schema_path: list[str | int]) -> None: ...

    def validate(self, instance: Any) -> None:
        """Raises ValueError for an invalid instance. Whatever else it raises counts as that, too."""
        ...


def compile_validator(
    schema: JsonObject, keywords: Mapping[str, type[KeywordValidator]] | None = None, *, strict_formats: bool = True
) -> Validator:
    """Without `strict_formats`, every text has each of the BENT formats.

    Raises SchemaInvalid, also for a reference that leaves the schema: nothing is fetched.
    """
    formats = {} if strict_formats else dict.fromkeys(BENT, _any_text)
    linear = jsonschema_rs.RegexOptions()
    bounded = jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKING_STEPS)
    try:
        return _Compiled(_compile(schema, linear, keywords, formats), backtracks=False)
    except jsonschema_rs.ValidationError:
        pass
    try:
        return _Compiled(_compile(schema, bounded, keywords, formats), backtracks=True)
    except jsonschema_rs.ValidationError as error:
        raise SchemaInvalid(f"not a valid JSON Schema at {joined(error.instance_path) or 'its root'}") from None


def _compile(
    schema: JsonObject,
    patterns: Any,
    keywords: Mapping[str, type[KeywordValidator]] | None,
    formats: Mapping[str, Callable[[str], bool]],
) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema,
        offline=True,
        validate_formats=True,
        formats=dict(formats),
        mask=_MASK,
        pattern_options=patterns,
        keywords=dict(keywords or {}),
    )


def _any_text(_: str) -> bool:
    return True


class _Compiled:
    def __init__(self, validator: jsonschema_rs.Draft202012Validator, *, backtracks: bool) -> None:
        self._validator = validator
        self.backtracks = backtracks

    def is_valid(self, instance: Any) -> bool:
        return self._validator.is_valid(instance)

    def violations(self, instance: Any) -> tuple[Violation, ...]:
        # is_valid is far cheaper than collecting errors, and most instances are valid.
        if self._validator.is_valid(instance):
            return ()
        return tuple(_violation(error) for error in islice(self._validator.iter_errors(instance), VIOLATIONS))

    def first_violation(self, instance: Any) -> Violation | None:
        try:
            self._validator.validate(instance)
        except jsonschema_rs.ValidationError as error:
            return _violation(error)
        return None


def _violation(error: jsonschema_rs.ValidationError) -> Violation:
    return Violation(joined(error.instance_path), _expected(error))


def _expected(error: jsonschema_rs.ValidationError) -> str:
    # The library's messages for these name keys of the instance, which are the caller's.
    kinds = jsonschema_rs.ValidationErrorKind
    if isinstance(error.kind, kinds.AdditionalProperties | kinds.UnevaluatedProperties):
        return "no properties but those of the schema"
    if isinstance(error.kind, kinds.PropertyNames):
        return "property names that the schema allows"
    if isinstance(error.kind, kinds.Enum):
        return f"{_MASK} is not one of {_listed(error.kind.options)}"
    return error.message[:300]


def _listed(options: Any) -> str:
    """As many as there is room for: the library's own message names two."""
    told, left = list[str](), 240
    for one in options:
        text = json.dumps(one, ensure_ascii=False)
        left -= len(text) + 2
        if left < 0:
            break
        told.append(text)
    more = len(options) - len(told)
    return ", ".join(told) + (f" and {more:,} more" if more else "")
