"""What a manifest puts in the place of arguments, and the headers that it adds: `headers` and `arguments` of its settings."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from registry.credentials.kinds import occupied
from registry.manifest.manifest import Manifest
from registry.model.canonical_json import LEAST, MOST
from registry.model.import_fault import OperationUnusable
from registry.model.json_pointer import escape
from registry.model.owned_headers import NOTHING_TO_DO, OwnedHeader, owned_header
from registry.model.tool import Draft, FilledHeader, Filling, JsonObject, Operation, Parameter, ValuePlace
from registry.schema.definitions import with_used_definitions
from registry.schema.merge_all_of import Unfoldable, folded
from registry.schema.validators import compile_validator

#: A request has it by itself, for the answers that the document promises; an operator may know better.
_OURS_TO_REPLACE = frozenset(("accept",))
_TWICE = OwnedHeader("the header is named twice: names of headers are the same in any case", "Keep one.")
_CURE = "Correct `headers` or `arguments` in the manifest; null takes back what a wider setting says."


def header_problems(manifest: Manifest) -> Iterator[tuple[str, OwnedHeader]]:
    """Each header that no manifest may fill, with the pointer of its place."""
    for place, settings in manifest.places():
        names = Counter(name.lower() for name in settings.get("headers", {}))
        for name in settings.get("headers", {}):
            owned = owned_header(name) if name.lower() not in _OURS_TO_REPLACE else None
            if owned is not None and owned.cure == NOTHING_TO_DO:
                owned = replace(owned, cure="Take it out of the manifest.")
            if problem := owned or (_TWICE if names[name.lower()] > 1 else None):
                yield f"{place}/headers/{escape(name)}", problem


def argument_names(operation: Operation) -> dict[str, str]:
    """The words by which a manifest may name an argument, and the argument that each means: as the tool has it or, where no
    other parameter is called so, as the document does."""
    parameters, body = operation.parameters, operation.body
    called = Counter(one.name for one in parameters)
    names = {one.name: one.argument for one in parameters if called[one.name] == 1}
    return names | {one.argument: one.argument for one in parameters} | ({body.argument: body.argument} if body else {})


def filled(draft: Draft, settings: JsonObject, pointer: str) -> Draft:
    """The draft with what the manifest says in the place of its arguments. Raises OperationUnusable."""
    headers = {name: one for name, said in settings.get("headers", {}).items() if (one := _filling(said))}
    names = argument_names(draft.operation)
    arguments = {
        names[name]: one for name, said in settings.get("arguments", {}).items() if name in names and (one := _filling(said))
    }
    if not headers and not arguments:
        return draft
    _require_sense(draft, headers, pointer)
    for argument, filling in arguments.items():
        _require_fit(draft, argument, filling, pointer)
    named = {name.lower() for name in headers}
    draft = _with_fillings(draft, arguments)
    draft = without_parameters(draft, lambda one: one.place is ValuePlace.HEADER and one.name.lower() in named)
    added = tuple(FilledHeader(name, filling) for name, filling in headers.items())
    return replace(draft, operation=replace(draft.operation, headers=added))


def is_fit(draft: Draft, argument: str, said: Any) -> bool:
    """Whether the tool takes what a manifest would say in the place of one of its arguments."""
    try:
        _require_fit(draft, argument, _filling(said) or Filling(), "")
    except OperationUnusable:
        return False
    return True


def without_parameters(draft: Draft, is_gone: Callable[[Parameter], bool]) -> Draft:
    """The draft without the parameters of which `is_gone` is true, and without their arguments."""
    gone = {one.argument for one in draft.operation.parameters if is_gone(one)}
    if not gone:
        return draft
    kept = tuple(one for one in draft.operation.parameters if one.argument not in gone)
    return _without_arguments(replace(draft, operation=replace(draft.operation, parameters=kept)), gone)


def _filling(said: Any) -> Filling | None:
    """What a setting means; None where it takes back what a wider one says."""
    match said:
        case None:
            return None
        case {"principal": str(part)} if len(said) == 1:
            return Filling(principal=part)
        case {"value": value} if len(said) == 1:
            return Filling(value)
    return Filling(said)


def _with_fillings(draft: Draft, fillings: dict[str, Filling]) -> Draft:
    operation = draft.operation
    parameters = tuple(replace(one, filling=fillings.get(one.argument)) for one in operation.parameters)
    body = replace(operation.body, filling=fillings.get(operation.body.argument)) if operation.body else None
    return _without_arguments(replace(draft, operation=replace(operation, parameters=parameters, body=body)), set(fillings))


def _without_arguments(draft: Draft, gone: set[str]) -> Draft:
    properties = {name: one for name, one in draft.input_schema.get("properties", {}).items() if name not in gone}
    required = [name for name in draft.input_schema.get("required", ()) if name not in gone]
    schema = with_used_definitions(draft.input_schema | {"properties": properties, "required": required})
    return replace(draft, input_schema=schema)


def _require_sense(draft: Draft, headers: dict[str, Filling], pointer: str) -> None:
    taken = {name.lower(): "a credential" for place, name in occupied(draft.credentials) if place is ValuePlace.HEADER}
    if draft.upstream_key is not None:
        taken[draft.upstream_key.header.lower()] = "upstream_key"
    for name in headers:
        if draft.container is not None:
            raise _contradiction(f"the header {name!r} is for a container tool, whose program makes the requests", pointer)
        if filler := taken.get(name.lower()):
            raise _contradiction(f"both `headers` and {filler} fill the header {name!r}", pointer)


def _require_fit(draft: Draft, argument: str, filling: Filling, pointer: str) -> None:
    definitions = draft.input_schema.get("$defs", {})
    schema = draft.input_schema.get("properties", {}).get(argument, True)
    if filling.principal:
        if argument not in {one.argument for one in draft.operation.parameters} or not _takes_text(schema, definitions):
            problem = f"the caller's {filling.principal} is a text, and the argument {argument!r} takes none"
            raise _contradiction(problem, pointer)
        return
    violation = compile_validator({"allOf": [schema], "$defs": definitions}).first_violation(filling.value)
    if violation is not None:
        place = f" at {violation.pointer}" if violation.pointer else ""
        problem = f"the value for the argument {argument!r} does not fit its schema{place}: {violation.expected}"
        raise _contradiction(problem, pointer)
    if not _is_exact(filling.value):
        problem = f"the value for the argument {argument!r} has a whole number of more than 64 bits, which is not sent exactly"
        raise _contradiction(problem, pointer)


def _is_exact(value: Any) -> bool:
    """As for what callers write: a larger integer is the nearest double as soon as it is read, which is another account."""
    if isinstance(value, dict | list):
        return all(map(_is_exact, value.values() if isinstance(value, dict) else value))
    if isinstance(value, float):  # the double that is LEAST is what a smaller integer was read as
        return LEAST < value <= MOST or value % 1 != 0
    return not isinstance(value, int) or LEAST <= value <= MOST


def _takes_text(schema: Any, definitions: JsonObject) -> bool:
    """Whether a text may fit. Which texts do, the API decides when a call is made."""
    try:
        kinds = folded(schema, definitions).get("type", "string") if isinstance(schema, dict) else "string"
    except Unfoldable:
        return True
    return "string" in kinds if isinstance(kinds, list) else kinds == "string"


def _contradiction(problem: str, pointer: str) -> OperationUnusable:
    return OperationUnusable(f"the manifest contradicts itself or the document: {problem}", pointer=pointer, cure=_CURE)
