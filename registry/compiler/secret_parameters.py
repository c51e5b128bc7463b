"""Parameters that are a secret of the API's, by their name or their description: a model would be asked for it, and a caller
would have to hold it; or all who read the manifest have it, where that gives it. A credential that fills the same place takes
them out of the tool."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from registry.compiler.parameters import Declared
from registry.model.import_fault import ImportFault
from registry.model.tool import Parameter, ValuePlace

#: Names, without what is no letter and no digit.
_NAMES = re.compile(
    r".*(api|app|application|access|auth|secret|private|subscription|consumer|functions)key"
    r"|.*(access|auth|authorization|authentication|api|bearer|session|security|secret|private|oauth|refresh|personalaccess)token"
    r"|(.*(client|api|app|consumer|shared|access))?secret(key)?|(user)?(password|passwd|passphrase)|jwt|bearer(auth)?"
)
#: Names that say it in one place, and may be anything in another.
_OF_HEADER = re.compile(r"x?token|x?auth|.*authorization")
_OF_COOKIE = re.compile(r"(j|php)?sess(ion)?(id)?|connectsid|sid|auth")
_OF_QUERY = "authorization"
#: Names of which the description may say it, and how it does.
_VAGUE = re.compile(r".*(key|token|auth|appid)")
_SAID = re.compile(
    r"\W*((your|the|a|an|my|valid|unique|secret|private|personal) )*"
    r"(api|access|auth\w*|application|developer|subscription|bearer|security|session)[ _-]?(key|token|secret)\b"
    r"(?! (to|id|name)\b)",
    re.IGNORECASE,
)
_TEXTS = ("string", None)
_ASKED, _WRITTEN = "a model is asked for it", "the manifest gives it, and all who read that have it"


@dataclass(slots=True)
class SecretParameters:
    """Gathers them over all operations: each is told once, with how many tools ask for it."""

    _found: dict[tuple[ValuePlace, str, str], list[str]] = field(default_factory=dict)

    def look_at(self, declared: Iterable[Declared], sent: Iterable[Parameter]) -> None:
        """At the parameters of one operation that no credential fills. `sent`: those of the tool that the operator has made of
        them."""
        kept = {one.argument: one.filling for one in sent}
        for one in declared:
            if one.parameter.place is ValuePlace.PATH or one.parameter.argument not in kept or not _is_text(one):
                continue
            filling = kept[one.parameter.argument]
            if _is_secret(one) and not (filling and filling.principal):
                why = _WRITTEN if filling else _ASKED
                self._found.setdefault((one.parameter.place, one.parameter.name, why), []).append(one.pointer)

    def faults(self) -> Iterator[ImportFault]:
        for (place, name, why), pointers in self._found.items():
            more = f" of {len(pointers):,} operations, of which this is the first," if len(pointers) > 1 else ""
            message = f"the {place} parameter {name[:60]!r}{more} looks like a secret, and {why}"
            cure = (
                f"Name a credential that fills it, and no tool has an argument for it: "
                f"--credential '{place}:{name}=PATH#FIELD', or `{place}:{name}` under `credentials` in the manifest."
            )
            yield ImportFault(pointers[0], message, cure)


def _is_text(declared: Declared) -> bool:
    schema = declared.schema
    return isinstance(schema, dict) and schema.get("type") in _TEXTS and "enum" not in schema


def _is_secret(declared: Declared) -> bool:
    name = re.sub(r"[^a-z0-9]", "", declared.parameter.name.lower())
    if _NAMES.fullmatch(name) or _is_named_so(declared.parameter.place, name):
        return True
    return _VAGUE.fullmatch(name) is not None and _SAID.match(declared.description) is not None


def _is_named_so(place: ValuePlace, name: str) -> bool:
    if place is ValuePlace.HEADER:
        return _OF_HEADER.fullmatch(name) is not None
    return _OF_COOKIE.fullmatch(name) is not None if place is ValuePlace.COOKIE else name == _OF_QUERY
