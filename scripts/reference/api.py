"""docs/reference/api.md, of the comments of the `.proto` files: each service, RPC, message and enum."""

from collections.abc import Iterable, Iterator

from scripts.reference.markdown import REPOSITORY, anchor, code, head, sentence, table
from scripts.reference.proto_text import Definition, ProtoFile, read

FOLDER = "proto/callgate/v1"


def files() -> list[ProtoFile]:
    """The services first, then what they share."""
    found = [read(path) for path in sorted((REPOSITORY / FOLDER).glob("*.proto"))]
    return sorted(found, key=lambda file: not any(one.kind == "service" for one in file.definitions))


def page() -> str:
    text = (
        "The gateway's gRPC API, package `callgate.v1`. The files of `proto/callgate/v1/` are its specification; "
        "MUST, SHOULD and MAY have the "
        "meaning of RFC 2119. The [Python SDK](sdk.md) has the same under a language's own names, and "
        "[errors](errors.md) has what an `ErrorDetail` can say."
    )
    found = files()
    known = {one.name for file in found for one in _all(file.definitions)}
    parts = [head("API", "scripts/reference/api.py", [FOLDER + "/"], text), *(_file(file, known) for file in found)]
    return "\n".join(parts)


def _all(definitions: Iterable[Definition]) -> Iterator[Definition]:
    for one in definitions:
        if one.kind in ("message", "enum", "service"):
            yield one
            yield from _all(one.members)


def _file(file: ProtoFile, known: set[str]) -> str:
    title = f"## {file.name.removesuffix('.proto').replace('_', ' ').capitalize()}\n"
    return "\n".join([title, prose(file.text), *(_definition(one, known) for one in _all(file.definitions))])


def _definition(one: Definition, known: set[str]) -> str:
    parts = [f"### {one.name}\n", prose(one.text)]
    if one.kind == "service":
        parts += [_rpc(rpc, known) for rpc in one.members]
    elif one.kind == "enum":
        parts.append(table(("Value", "Number", "Meaning"), _values(one)))
    elif rows := list(_fields(one, known)):
        parts.append(table(("Field", "Type", "Meaning"), rows))
    return "\n".join(part for part in parts if part)


def _rpc(rpc: Definition, known: set[str]) -> str:
    takes, _, gives = rpc.type.partition(" → ")
    told = f"Takes {_typed(takes, known)}, answers with {_typed(gives, known)}."
    return f"#### {rpc.name}\n\n{told}\n\n{prose(rpc.text)}"


def _values(enum: Definition) -> Iterator[tuple[str, str, str]]:
    for value in enum.members:
        yield code(value.name), value.number, sentence(value.text) if value.text else ""


def _fields(message: Definition, known: set[str], of: str = "") -> Iterator[tuple[str, str, str]]:
    for one in message.members:
        if one.kind == "oneof":
            yield from _fields(one, known, f"One of `{one.name}`. ")
        elif one.kind == "member":
            yield code(one.name), _typed(one.type, known), f"{of}{sentence(one.text) if one.text else ''}"


def _typed(name: str, known: set[str]) -> str:
    """The type, with a link where the page has it. A `stream` or `repeated` stands before it."""
    before, _, last = name.rpartition(" ")
    short = last.rpartition(".")[2]
    shown = f"[{code(short)}](#{anchor(short)})" if short in known else code(last)
    return f"{before} {shown}".strip()


def prose(text: str) -> str:
    """A comment as Markdown: paragraphs and lists as they are written, `<` of a placeholder kept."""
    if not text:
        return ""
    blocks = ["\n".join(_items(block)) for block in text.split("\n\n")]
    return "\n\n".join(blocks) + "\n"


def _items(block: str) -> Iterator[str]:
    """The block's sentences in one paragraph; its list, where it has one, after a blank line."""
    lines: list[str] = []
    listed = False
    for line in block.splitlines():
        if line.startswith("* "):
            yield from _done(lines, listed=listed, before_list=not listed)
            lines, listed = [line[2:]], True
        else:
            lines.append(line)
    yield from _done(lines, listed=listed)


def _done(lines: list[str], *, listed: bool, before_list: bool = False) -> Iterator[str]:
    if lines:
        yield ("- " if listed else "") + " ".join(" ".join(lines).split()).replace("<", "&lt;")
    if before_list and lines:
        yield ""
