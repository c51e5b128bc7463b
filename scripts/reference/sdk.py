"""docs/reference/sdk.md, of the docstrings of `callgate`: its `__all__`, errors, what adapters share, and its testing."""

import inspect
import os
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_type_hints

import callgate
from callgate import adapters, errors, testing
from scripts.reference.markdown import code, head, paragraph, table

SOURCE = "clients/python/src/callgate/__init__.py"
CLIENTS = ("Client", "AsyncClient")
#: In which order the page has them; all others follow by their names.
FIRST = ("Client", "AsyncClient", "Run", "AsyncRun", "RetryPolicy", "Invocation", "Tool")
FIELD_COMMENT = re.compile(r"((?:^    #: .*\n)+)^    (\w+)\s*:", re.MULTILINE)
NOISE = re.compile(r"(callgate(\.\w+)+\.|collections\.abc\.|typing\.|datetime\.(?=datetime|timedelta))")


def page() -> str:
    text = (
        "`pip install` of the checkout's `clients/python` gives the package `callgate`: see "
        "[its README](../../clients/python/README.md). What is neither on this page nor on that of the "
        "[adapters](../adapters.md) is no part of its interface."
    )
    parts = [head("Python SDK", "scripts/reference/sdk.py", [SOURCE], text)]
    public = {name: getattr(callgate, name) for name in _order(callgate.__all__)}
    nouns = {one.__name__: one for client in CLIENTS for one in _nouns(public.get(client)) if one.__name__ not in public}
    parts += [_described(name, found) for name, found in {**public, **nouns}.items()]
    return "\n".join([*parts, _errors(), *_package(adapters), *_package(testing)])


def _package(package: Any) -> Iterator[str]:
    """What a package beside `callgate` itself has."""
    yield f"## {package.__name__}\n\n{_text(package)}"
    yield from (_described(name, getattr(package, name)) for name in package.__all__)


def _nouns(client: Any) -> Iterator[type]:
    """The classes of what a client has as attributes: what they do is a client's interface, too."""
    getters = (getattr(member, "fget", None) or getattr(member, "func", None) for member in vars(client or object).values())
    hints = [get_type_hints(getter).get("return") for getter in getters if inspect.isfunction(getter)]
    for found in (*hints, *get_type_hints(client or object).values()):
        if isinstance(found, type) and found.__module__.startswith("callgate."):
            yield found


def _order(names: list[str]) -> list[str]:
    first = [name for name in FIRST if name in names]
    return [*first, *sorted(name for name in names if name not in first and name != "errors")]


def _described(name: str, found: Any) -> str:
    if not inspect.isclass(found):
        return f"## {name}\n\n{_signed(name, found)}\n{_text(found)}" if callable(found) else f"## {name}\n\n{_alias(found)}"
    if issubclass(found, Enum):
        values = ", ".join(code(member.name) for member in found)
        return f"## {name}\n\n{_text(found)}\n{paragraph(f'Values: {values}.')}\n"
    parts = [f"## {name}\n", _signed(name, found), _text(found)]
    if rows := list(_fields(found)):
        parts.append(table(("Field", "Type", "Meaning"), rows))
    return "\n".join([*parts, *(_member(name, *one) for one in _members(found))])


def _alias(found: Any) -> str:
    return f"One of {NOISE.sub('', str(found)).replace(' | ', ', ')}.\n"


def _signed(name: str, found: Any) -> str:
    try:
        signature = inspect.signature(found)
    except ValueError:
        return ""
    return f"```text\n{name}{_plain(signature)}\n```\n"


def _plain(signature: inspect.Signature) -> str:
    parameters = [_shown(one) for one in signature.parameters.values() if one.name != "self"]
    text = re.sub(r"(: |-> )'([^']+)'", r"\1\2", NOISE.sub("", str(signature.replace(parameters=parameters))))
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _shown(one: inspect.Parameter) -> inspect.Parameter:
    """The parameter without what its default holds on this machine: the environment is named, and never written down."""
    return one.replace(default=Named("os.environ")) if isinstance(one.default, os._Environ) else one


class Named:
    """A default, by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def _text(found: Any) -> str:
    """The docstring: paragraphs, and what is set in as a block of its own."""
    told = inspect.getdoc(found) or ""
    if told.startswith(f"{getattr(found, '__name__', '')}("):  # what a dataclass without one says of itself
        return ""
    return "\n\n".join(_block(block) for block in told.split("\n\n")) + "\n" if told else ""


def _block(block: str) -> str:
    if block.startswith("    "):
        return f"```text\n{inspect.cleandoc(block)}\n```"
    return paragraph(block)


def _fields(found: type) -> Iterator[tuple[str, str, str]]:
    told = {
        name: " ".join(line.strip().removeprefix("#: ") for line in text.splitlines())
        for text, name in FIELD_COMMENT.findall(inspect.getsource(found))
    }
    for field in getattr(found, "__dataclass_fields__", {}).values():
        if not field.name.startswith("_"):
            yield code(field.name), code(NOISE.sub("", _type_name(field.type))), told.get(field.name, "")


def _type_name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not hasattr(hint, "__args__") else str(hint)


def _members(found: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties that the class or one of its own bases writes, in their order."""
    seen = set()
    fields = getattr(found, "__dataclass_fields__", {})
    for owner in found.__mro__:
        if owner.__module__.split(".")[0] == "callgate":
            for name, member in vars(owner).items():
                own = inspect.isroutine(member) or isinstance(member, property | classmethod | staticmethod)
                if own and not name.startswith("_") and name not in seen and name not in fields:
                    seen.add(name)
                    yield name, member


def _member(owner: str, name: str, member: Any) -> str:
    title = f"### {owner}.{name}\n"
    if isinstance(member, property):
        kind = NOISE.sub("", _type_name(get_type_hints(member.fget)["return"]))
        return "\n".join([title, f"```text\n{owner}.{name}: {kind}\n```\n", _text(member.fget)])
    function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
    signature = _signed(f"{owner}.{name}", function).replace("(cls, ", "(").replace("(cls)", "()")
    return "\n".join([title, signature, _text(function)])


def _errors() -> str:
    tree = inspect.getdoc(errors) or ""
    return f"## callgate.errors\n\n{_text(errors)}" if tree else ""
