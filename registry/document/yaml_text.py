"""YAML 1.2 (core schema) → JSON's types. The only reader of it; the command line writes it.

It reads libyaml's events rather than nodes, so every limit holds while it parses, and it builds nothing that a limit refuses.
An alias counts as if it were written out, which stops an alias bomb, whose text is small.
"""

import re
import sys
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, NoReturn

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave it out

from registry.document.as_written import VALUES, Written, WrittenList, plain, settle
from registry.model.errors import DocumentInvalid, DocumentTooLarge
from registry.model.json_limits import DOCUMENT_DEPTH
from registry.model.json_pointer import tokens

NODES = 400_000  # as many as can be read within 2 s; a larger document must be JSON
ALIASES = 1_000

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER = re.compile(
    r"(?P<integer>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|(?P<real>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<unreal>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_PREFIX = "tag:yaml.org,2002:"
_TAGS = frozenset(_PREFIX + name for name in ("str", "map", "seq", "int", "float", "bool", "null"))
_MERGE = "<<"  # not of YAML 1.2, but of so many documents that every reader knows it (yaml.org/type/merge.html)
_CURE_OF_TABS = "Indent that line with spaces: YAML takes no tabs there. `expand -t 2 FILE` writes them as spaces."
_DIGITS = 400  # the largest double has 309
_I64, _U64 = -(1 << 63), (1 << 64) - 1


def load(raw: bytes, *, nodes: int = NODES) -> Any:
    """The one YAML document in `raw`, of at most so many values. Raises DocumentTooLarge over a bound, DocumentInvalid for all
    else that is not JSON's."""
    builder = _Builder(nodes)
    try:
        _feed(builder, CParser(raw))
    except yaml.MarkedYAMLError as error:
        if "nesting" in (error.problem or ""):  # libyaml reads ahead, so its own limit may be met first
            raise _too_deep() from None
        mark = error.problem_mark or error.context_mark
        _refuse(f"malformed YAML: {error.problem}", mark, cure=_CURE_OF_TABS if _has_tab(raw, mark) else None)
    except yaml.YAMLError as error:
        raise DocumentInvalid(f"malformed YAML: {str(error).splitlines()[0][:200]}") from None
    return builder.root


def locate(raw: bytes, pointer: str) -> tuple[int, int] | None:
    """Line and column, from 1, of what a JSON Pointer leads to in a text that `load` has read: of its key, where it has one."""
    node: Any = yaml.compose(raw.decode(), Loader=yaml.CSafeLoader)
    place = node
    for token in tokens(pointer):
        step = _step(node, token)
        if step is None:
            return None
        place, node = step
    return (place.start_mark.line + 1, place.start_mark.column + 1) if place is not None else None


def _step(node: Any, token: str) -> tuple[Any, Any] | None:
    """The node that shows where a child stands, and the child."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == token), None)
    if isinstance(node, yaml.SequenceNode) and token.isdecimal() and int(token) < len(node.value):
        return (node.value[int(token)],) * 2
    return None


def _feed(builder: "_Builder", parser: Any) -> None:
    documents = 0
    while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                _refuse("the text has a second YAML document", event.start_mark)
        builder.take(event)


@dataclass(slots=True)
class _Open:
    """A sequence or mapping that is not complete yet. `base`: the nodes before it. `written`: it holds what is not settled."""

    value: Any
    anchor: str | None
    base: int
    key: str | None = None
    _: KW_ONLY
    height: int = 0
    written: bool = False
    merged: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Builder:
    most: int
    root: Any = None
    nodes: int = 0
    aliases: int = 0
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int, int] | None] = field(default_factory=dict)  # value, nodes, height; None while open

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin([], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)

    def _scalar(self, event: Any) -> None:
        self._count(1, event)
        if self._expects_key():
            self._keep_anchor(event.anchor, event.value, 1, 1)
            self._key(event.value, event)
            return
        value = _resolve(event)
        self._keep_anchor(event.anchor, value, 1, 1)
        self._place(value, 1)

    def _begin(self, value: Any, event: Any) -> None:
        if event.tag is not None and event.tag not in _TAGS and event.tag != "!":
            _refuse(f"the tag {event.tag[:60]!r} is not one of YAML's core schema", event.start_mark)
        if self._expects_key():
            _refuse("a key is not a string", event.start_mark)
        self._count(1, event)
        self._require_depth(len(self.stack) + 1)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(value, event.anchor, self.nodes - 1))

    def _end(self) -> None:
        done = self.stack.pop()
        for mapping in done.merged:
            for key, value in mapping.items():
                done.value.setdefault(key, value)
        if done.written:
            done.value = self._settled(done.value)
        self._keep_anchor(done.anchor, done.value, self.nodes - done.base, done.height + 1)
        self._place(done.value, done.height + 1)

    def _settled(self, value: Any) -> Any:
        """What is complete, with numbers for what was written; but a schema's list of values waits for the schema's end."""
        if isinstance(value, dict):
            settle(value)
            return value
        holder = self.stack[-1] if self.stack else None
        whole = WrittenList(value)
        return whole if holder is not None and holder.key in VALUES else plain(whole)

    def _alias(self, event: Any) -> None:
        self.aliases += 1
        if self.aliases > ALIASES:
            raise DocumentTooLarge(f"the document has more than {ALIASES:,} YAML aliases", cure="Use $ref instead of aliases.")
        if event.anchor not in self.anchors:
            _refuse("an alias names an anchor that does not exist", event.start_mark)
        target = self.anchors[event.anchor]
        if target is None:
            _refuse("an alias leads to the value that contains it", event.start_mark)
        value, nodes, height = target
        self._count(nodes, event)
        self._require_depth(len(self.stack) + height)
        if self._expects_key():
            self._key(value, event)
        else:
            self._place(value, height)

    def _key(self, key: Any, event: Any) -> None:
        current = self.stack[-1]
        if not isinstance(key, str):
            _refuse("a key is not a string", event.start_mark)
        if key in current.value:
            _refuse(f"the key {key[:60]!r} comes twice in one mapping", event.start_mark)
        current.key = key

    def _place(self, value: Any, height: int) -> None:
        if not self.stack:
            self.root = plain(value)
            return
        current = self.stack[-1]
        current.written |= isinstance(value, Written | WrittenList)
        current.height = max(current.height, height)
        if isinstance(current.value, list):
            current.value.append(value)
        elif current.key == _MERGE:
            current.merged += _mappings(value)
            current.key = None
        elif current.key is not None:
            current.value[current.key], current.key = value, None

    def _expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _keep_anchor(self, anchor: str | None, value: Any, nodes: int, height: int) -> None:
        if anchor:
            self.anchors[anchor] = (value, nodes, height)

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > self.most:
            raise DocumentTooLarge(
                f"the document has more than {self.most:,} YAML values, aliases written out (line {event.start_mark.line + 1})",
                cure="Convert it to JSON, or split it.",
            )

    def _require_depth(self, depth: int) -> None:
        if depth > DOCUMENT_DEPTH:
            raise _too_deep()


def _too_deep() -> DocumentTooLarge:
    return DocumentTooLarge(f"the document is nested deeper than {DOCUMENT_DEPTH} levels")


def _mappings(value: Any) -> list[dict[str, Any]]:
    """The mappings of a merge key: one, or a list, of which the first that has a key wins."""
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(one, dict) for one in listed):
        _refuse("a merge key (`<<`) has a value that is not a mapping", None)
    return listed


def _resolve(event: Any) -> Any:
    """The value of a scalar by the core schema (YAML 1.2.2 §10.3). Dates are strings, and only true and false are booleans."""
    tag, text = event.tag, event.value
    if tag is not None and tag not in _TAGS and tag != "!":
        _refuse(f"the tag {tag[:60]!r} is not one of YAML's core schema", event.start_mark)
    if tag in ("!", _PREFIX + "str") or (tag is None and not event.implicit[0]):
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return Written(_BOOLEANS[text], text)
    match = _NUMBER.fullmatch(text) if text[0] in "-+.0123456789" else None
    return text if match is None else Written(_number(match, event), text)


def _number(match: re.Match[str], event: Any) -> int | float:
    kind, digits = match.lastgroup, match[match.lastgroup or 0]
    if kind == "unreal":
        _refuse("NaN and infinity have no form in JSON", event.start_mark)
    if len(digits) > _DIGITS:
        _refuse("a number is too long", event.start_mark)
    value = float(digits) if kind == "real" else int(digits, {"octal": 8, "hexadecimal": 16}.get(kind or "", 10))
    if isinstance(value, int) and _I64 <= value <= _U64:
        return value
    if abs(value) > sys.float_info.max:
        _refuse("a number is too large", event.start_mark)
    return float(value)


def _has_tab(raw: bytes, mark: Any) -> bool:
    """Whether a tab stands in the indentation of the line that cannot be read."""
    lines = raw.splitlines()
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else b""
    return b"\t" in line[: len(line) - len(line.lstrip())]


def _refuse(message: str, mark: Any, *, cure: str | None = None) -> NoReturn:
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    raise DocumentInvalid(message + place, cure=cure) from None
