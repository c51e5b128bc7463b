"""Parameters of an operation → the arguments that fill them."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from registry.compiler.examples import read_examples
from registry.compiler.romanising import romanised
from registry.credentials.kind import RequestField
from registry.model.import_fault import ImportFault, LeadsNowhere, OperationUnusable
from registry.model.json_pointer import escape
from registry.model.media_types import essence, is_json
from registry.model.owned_headers import OwnedHeader, owned_header
from registry.model.references import References
from registry.model.tool import JsonObject, Parameter, ValuePlace

_UNSENDABLE = "the parameter's name has a character that its place does not allow"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_VARIABLE = re.compile(r"\{([^{}/]+)\}")
_ARGUMENT = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.-]+")
_CUT = 46  # leaves room for `__header` and 9 characters of a hash in 64
_DEFAULT_STYLE = {ValuePlace.PATH: "simple", ValuePlace.QUERY: "form", ValuePlace.HEADER: "simple", ValuePlace.COOKIE: "form"}
_STYLES = {
    ValuePlace.PATH: ("simple", "label", "matrix"),
    ValuePlace.QUERY: ("form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"),
    ValuePlace.HEADER: ("simple",),
    ValuePlace.COOKIE: ("form", "cookie"),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter as the document declares it, with the schema of its argument (untranslated) and where that stands."""

    parameter: Parameter
    schema: Any
    description: str
    pointer: str
    examples: tuple[Any, ...] = ()
    deprecated: bool = False


class Nameless(OperationUnusable):
    """A parameter that cannot be sent, because it has no name. Mostly an editor has left it behind."""


@dataclass(frozen=True, slots=True)
class ReadParameters:
    declared: tuple[Declared, ...]
    ignored: tuple[ImportFault, ...]


class ParameterReader:
    def __init__(self, references: References) -> None:
        self._references = references

    def read(
        self,
        path: str,
        item: tuple[JsonObject, str],
        operation: tuple[JsonObject, str],
        *,
        body: str | None,
        occupied: Iterable[RequestField],
    ) -> ReadParameters:
        """All parameters of the operation, its own winning over the path item's. `body` is the name of the body's argument,
        `occupied` what the credential fills.

        Raises OperationUnusable for one that cannot be sent.
        """
        ignored: list[ImportFault] = []
        taken = {(place, name.lower()) for place, name in occupied}
        merged = self._list(*item, ignored) | self._list(*operation, ignored)
        kept: list[Declared] = []
        for (place, name), (node, pointer) in merged.items():
            if owned := _owned(place, name, taken):
                ignored.append(ImportFault(pointer, owned.reason, owned.cure))
            elif _unsendable(place, name) and node.get("required") is not True:
                ignored.append(OperationUnusable(f"{_UNSENDABLE}; the parameter is left out", pointer=pointer).fault)
            else:
                kept.append(_declare(place, node, pointer, self._references))
                ignored += _unknown_style(place, node.get("style"), pointer)
        variables = _variables(path, {name for place, name in merged if place is ValuePlace.QUERY})
        known = {name for place, name in merged if place is ValuePlace.PATH}
        kept = [one for one in kept if one.parameter.place is not ValuePlace.PATH or one.parameter.name in variables]
        kept += [_undeclared(name, operation[1]) for name in variables if name not in known]
        return ReadParameters(tuple(_distinct(kept, body, operation[1])), tuple(ignored))

    def _list(
        self, holder: JsonObject, pointer: str, ignored: list[ImportFault]
    ) -> dict[tuple[ValuePlace, str], tuple[JsonObject, str]]:
        listed = holder.get("parameters") or []
        if not isinstance(listed, list):
            raise OperationUnusable("`parameters` is not a list", pointer=f"{pointer}/parameters")
        found = {}
        for index, entry in enumerate(listed):
            place = f"{pointer}/parameters/{index}"
            try:
                node, place = self._references.follow(entry, place)
                found[_key(node, place)] = (node, place)
            except (LeadsNowhere, Nameless) as unreadable:
                ignored.append(replace(unreadable.fault, message=f"{unreadable.fault.message}; the parameter is left out"))
        return found


def _variables(path: str, queried: set[str]) -> dict[str, None]:
    """The variables of a path template, but those after its `?` that parameters of the query fill."""
    template, _, query = path.partition("#")[0].partition("?")
    return dict.fromkeys([*_VARIABLE.findall(template), *(name for name in _VARIABLE.findall(query) if name not in queried)])


def _key(node: JsonObject, pointer: str) -> tuple[ValuePlace, str]:
    where, name = node.get("in"), node.get("name")
    if where == "querystring":  # OpenAPI 3.2: the whole query is one value, whose keys are the parameters' names
        where = "query"
    if not isinstance(name, str) or not name:
        raise Nameless("a parameter has no name", pointer=pointer)
    if where not in list(ValuePlace):
        raise OperationUnusable("a parameter needs `in` as path, query, header or cookie", pointer=pointer)
    # Names of headers are the same in any case.
    return ValuePlace(where), name.lower() if where == ValuePlace.HEADER else name


def _owned(place: ValuePlace, name: str, taken: Collection[RequestField]) -> OwnedHeader | None:
    """Why no argument fills the parameter; None where one does."""
    if (place, name.lower()) in taken:
        return OwnedHeader("the parameter is filled by the credential, not by an argument")
    return owned_header(name) if place is ValuePlace.HEADER else None


def _unsendable(place: ValuePlace, name: str) -> bool:
    return place in (ValuePlace.HEADER, ValuePlace.COOKIE) and not _TOKEN.fullmatch(name)


def _declare(place: ValuePlace, node: JsonObject, pointer: str, references: References) -> Declared:
    name = node["name"]
    if _unsendable(place, name):
        raise OperationUnusable(_UNSENDABLE, pointer=pointer)
    required = place is ValuePlace.PATH or node.get("required") is True
    media_type, schema, schema_pointer = _schema(node, pointer, references)
    parameter = Parameter(
        name,
        name,
        place,
        style=_style(place, node.get("style")),
        explode=_explode(node),
        required=required,
        allow_reserved=node.get("allowReserved") is True and place is ValuePlace.QUERY,
        media_type=media_type,
        default=_default(schema, references, pointer) if required else None,
    )
    if node["in"] == "querystring":
        parameter = replace(parameter, style="form", explode=True, media_type=None)
    schema = _sendable(parameter, schema, references, schema_pointer)
    return Declared(
        parameter,
        schema,
        _description(node),
        schema_pointer,
        read_examples(node, pointer, references),
        node.get("deprecated") is True,
    )


def _description(node: JsonObject) -> str:
    """What a model reads of the parameter. One of another script has at least its own name, which the argument's spells."""
    name, description = node["name"], node.get("description")
    if isinstance(description, str) and description:
        return description
    return "" if name.isascii() else str(name)


def _schema(node: JsonObject, pointer: str, references: References) -> tuple[str | None, Any, str]:
    """The media type of a parameter that has one, and the schema with its place."""
    content = node.get("content")
    if not isinstance(content, dict) or not content:
        return None, node.get("schema", {}), f"{pointer}/schema"
    name = min(content, key=lambda name: not is_json(name))
    media, place = references.follow(content[name], f"{pointer}/content/{escape(name)}")
    return essence(name), media.get("schema", {}), f"{place}/schema"


def _sendable(parameter: Parameter, schema: Any, references: References, pointer: str) -> Any:
    """The schema without the empty values that the style of a required parameter cannot write."""
    if not parameter.required or parameter.media_type is not None or not isinstance(schema, dict):
        return schema
    kind = references.follow(schema, pointer)[0].get("type")
    bound = {"array": "minItems", "object": "minProperties"}.get(str(kind))
    if bound is None and kind in ("string", None) and parameter.place is ValuePlace.PATH and parameter.style != "matrix":
        bound = "minLength"
    if bound is None or schema.get(bound):
        return schema
    return {"allOf": [schema], bound: 1} if "$ref" in schema else schema | {bound: 1}


def _style(place: ValuePlace, style: Any) -> str:
    return style if style in _STYLES[place] else _DEFAULT_STYLE[place]


def _unknown_style(place: ValuePlace, style: Any, pointer: str) -> list[ImportFault]:
    if style is None or style in _STYLES[place]:
        return []
    default = _DEFAULT_STYLE[place]
    message = f"the style is not one for this place; the gateway writes `{default}`"
    return [ImportFault(f"{pointer}/style", message, f"Write `style: {default}`.")]


def _explode(node: JsonObject) -> bool:
    explode = node.get("explode")
    if isinstance(explode, bool):
        return explode
    return node.get("style", "form" if node.get("in") in ("query", "cookie") else "simple") in ("form", "cookie", "deepObject")


def _default(schema: Any, references: References, pointer: str) -> Any:
    """What is sent for a required parameter without an argument: its default, or the one value that it may have."""
    node = references.follow(schema, pointer)[0] if isinstance(schema, dict) else {}
    choices = node.get("enum")
    only = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
    return node.get("default", node.get("const", only))


def _undeclared(name: str, pointer: str) -> Declared:
    parameter = Parameter(name, name, ValuePlace.PATH, "simple", explode=False, required=True)
    return Declared(parameter, {"type": "string", "minLength": 1}, "", pointer)


def _distinct(declared: list[Declared], body: str | None, pointer: str) -> Iterator[Declared]:
    """Give each parameter an argument of its own: where names collide, each becomes `name__place`."""
    names = Counter(_legal(one.parameter.name) for one in declared)
    names.update([body] if body else [])
    taken = Counter(_argument(one.parameter, names) for one in declared)
    for one in declared:
        argument = _argument(one.parameter, names)
        if taken[argument] > 1 or argument == body:  # names that differ only in characters that are replaced
            argument = f"{argument[:_CUT]}_{sha256(f'{one.parameter.place} {one.parameter.name}'.encode()).hexdigest()[:8]}"
        yield replace(one, parameter=replace(one.parameter, argument=argument))


def _argument(parameter: Parameter, names: Counter[str]) -> str:
    name = _legal(parameter.name)
    return name if names[name] == 1 else f"{name}__{parameter.place}"


def _legal(name: str) -> str:
    """`name` as models' providers let a property be called: 1 to 64 of letters, digits, `_`, `.` and `-`."""
    if _ARGUMENT.fullmatch(name):
        return name
    legal = _ILLEGAL.sub("_", romanised(name) or name).strip("_") or "argument"
    return legal if len(legal) <= _CUT else f"{legal[:_CUT]}_{sha256(name.encode()).hexdigest()[:8]}"
