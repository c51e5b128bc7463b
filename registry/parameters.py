"""Parameters of an operation → the arguments that fill them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from registry.faults import UNSUPPORTED, ImportFault, OperationUnusable
from registry.references import References
from registry.tool import CredentialBinding, JsonObject, Parameter, Place

# Headers that frame the message, name who is calling, or open something other than the API: never taken from arguments.
_FORBIDDEN_HEADER = re.compile(
    r"host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|via|forwarded|authorization|cookie|accept"
    r"|content-type|content-encoding|accept-encoding|traceparent|tracestate"
    r"|(proxy-|x-forwarded-|x-vault-|metadata|x-aws-ec2-|x-google-metadata|x-original-|x-rewrite-|x-http-method).*",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_VARIABLE = re.compile(r"\{([^{}/]+)\}")
_DEFAULT_STYLE = {Place.PATH: "simple", Place.QUERY: "form", Place.HEADER: "simple", Place.COOKIE: "form"}
_STYLES = {
    Place.PATH: ("simple",),
    Place.QUERY: ("form", "deepObject"),
    Place.HEADER: ("simple",),
    Place.COOKIE: ("form",),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter as the document declares it, with the schema of its argument (untranslated) and where that stands."""

    parameter: Parameter
    schema: Any
    description: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Reading:
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
        credential: CredentialBinding | None,
    ) -> Reading:
        """All parameters of the operation, its own winning over the path item's. `body` is the argument that is taken already.

        Raises OperationUnusable for one that cannot be sent.
        """
        merged = self._list(*item) | self._list(*operation)
        kept, ignored = [], []
        for (place, name), (node, pointer) in merged.items():
            if reason := _refusal(place, name, credential):
                ignored.append(ImportFault(pointer, reason, "Nothing is to be done: the gateway sets such headers itself."))
            else:
                kept.append(_declare(place, name, node, pointer))
        known = {name for place, name in merged if place is Place.PATH}
        variables = dict.fromkeys(_VARIABLE.findall(path))
        kept = [one for one in kept if one.parameter.place is not Place.PATH or one.parameter.name in variables]
        kept += [_undeclared(name, operation[1]) for name in variables if name not in known]
        return Reading(tuple(_distinct(kept, body, operation[1])), tuple(ignored))

    def _list(self, holder: JsonObject, pointer: str) -> dict[tuple[Place, str], tuple[JsonObject, str]]:
        listed = holder.get("parameters", [])
        if not isinstance(listed, list):
            raise OperationUnusable("`parameters` is not a list", pointer=f"{pointer}/parameters")
        found = {}
        for index, entry in enumerate(listed):
            node, place = self._references.follow(entry, f"{pointer}/parameters/{index}")
            found[_key(node, place)] = (node, place)
        return found


def _key(node: JsonObject, pointer: str) -> tuple[Place, str]:
    where, name = node.get("in"), node.get("name")
    if not isinstance(name, str) or not name or where not in list(Place):
        raise OperationUnusable("a parameter needs a `name`, and `in` as path, query, header or cookie", pointer=pointer)
    # Names of headers are the same in any case.
    return Place(where), name.lower() if where == Place.HEADER else name


def _refusal(place: Place, name: str, credential: CredentialBinding | None) -> str | None:
    if credential is not None and (place, name.lower()) == (credential.place, credential.name.lower()):
        return "the parameter is filled by the credential, not by an argument"
    if place is Place.HEADER and _FORBIDDEN_HEADER.fullmatch(name):
        return "this header is never taken from arguments"
    return None


def _declare(place: Place, name: str, node: JsonObject, pointer: str) -> Declared:
    name = node["name"]
    if place in (Place.HEADER, Place.COOKIE) and not _TOKEN.fullmatch(name):
        raise OperationUnusable("the parameter's name cannot be sent", pointer=pointer)
    if "content" in node:
        raise OperationUnusable("a parameter with `content` is not supported yet", pointer=pointer, cure=UNSUPPORTED)
    style = node.get("style", _DEFAULT_STYLE[place])
    if style not in _STYLES[place]:
        raise OperationUnusable("the parameter's style is not supported yet", pointer=pointer, cure=UNSUPPORTED)
    explode = node.get("explode", style == "form")
    required = place is Place.PATH or node.get("required") is True
    if not isinstance(explode, bool):
        raise OperationUnusable("`explode` is not a boolean", pointer=pointer)
    parameter = Parameter(name, name, place, style, explode, required)
    description = node.get("description")
    return Declared(parameter, node.get("schema", {}), description if isinstance(description, str) else "", f"{pointer}/schema")


def _undeclared(name: str, pointer: str) -> Declared:
    parameter = Parameter(name, name, Place.PATH, "simple", explode=False, required=True)
    return Declared(parameter, {"type": "string", "minLength": 1}, "", pointer)


def _distinct(declared: list[Declared], body: str | None, pointer: str) -> Iterator[Declared]:
    """Give each parameter an argument of its own: where names collide, each becomes `name__place`."""
    names = Counter(one.parameter.name for one in declared)
    names.update([body] if body else [])
    taken = Counter(_argument(one.parameter, names) for one in declared)
    for one in declared:
        argument = _argument(one.parameter, names)
        if taken[argument] > 1 or argument == body:
            raise OperationUnusable("two parameters would share one argument", pointer=pointer, cure=UNSUPPORTED)
        given = one.parameter
        parameter = Parameter(argument, given.name, given.place, given.style, given.explode, given.required)
        yield Declared(parameter, one.schema, one.description, one.pointer)


def _argument(parameter: Parameter, names: Counter[str]) -> str:
    return parameter.name if names[parameter.name] == 1 else f"{parameter.name}__{parameter.place}"
