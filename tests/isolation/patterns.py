"""Every pattern of the source, how it is used, and texts that are hard for it, made of its own parts.

A backtracking engine is slow where what a repetition took must be given back again and again. So a hard text repeats what a
repetition takes, or a piece of the pattern, behind what must stand before it, and ends with what does not fit.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import permutations
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, TypeGuard

ROOT = Path(__file__).parents[2]
PACKAGES = (ROOT / "gateway", ROOT / "registry", ROOT / "sandbox", ROOT / "clients/python/src/callgate")
METHODS = frozenset(("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"))
NO_PATTERN = frozenset(("escape", "error", "purge", "Match", "Pattern"))
_MANY = 64  # times, beyond which a repetition counts as unbounded
_PIECES, _MARKS, _STARTS = 20, 4, 4


@dataclass(frozen=True, slots=True)
class Use:
    """One pattern, as one method of it is used in a module. `pattern` None: the source does not tell it."""

    module: str
    pattern: re.Pattern[Any] | None
    method: str
    line: int

    def __str__(self) -> str:
        told = self.pattern.pattern if self.pattern else "?"
        return f"{self.module}:{self.method}:{(told if isinstance(told, str) else told.decode())[:50]!r}"

    def apply(self, text: str | bytes) -> object:
        assert self.pattern is not None
        if self.method in ("sub", "subn"):
            return self.pattern.sub(text[:0], text)
        if self.method == "finditer":
            return sum(1 for _ in self.pattern.finditer(text))
        return getattr(self.pattern, self.method)(text)


def uses() -> Iterator[Use]:
    """Each use of each pattern in the packages."""
    trees = {path: ast.parse(path.read_text()) for package in PACKAGES for path in sorted(package.rglob("*.py"))}
    for path, tree in trees.items():
        for call, target in _calls(tree):
            module = _module(path)
            pattern = _evaluated(call, module)
            if (method := ast.unparse(call.func).removeprefix("re.")) != "compile":
                yield Use(module, pattern, method, call.lineno)
                continue
            methods = {one for other in trees.values() for one in _methods(other, target)} if target else set()
            yield from (Use(module, pattern, method, call.lineno) for method in sorted(methods or {"?"}))


def _module(path: Path) -> str:
    inner = next(path.relative_to(one.parent) for one in PACKAGES if path.is_relative_to(one))
    return ".".join(inner.with_suffix("").parts)


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str | None]]:
    """The calls of `re`, and the name that a compiled pattern gets, if it gets one of its own."""
    named = {
        id(node.value): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _attribute_of(node.func, "re") and node.func.attr not in NO_PATTERN:
            yield node, named.get(id(node))


def _methods(tree: ast.AST, name: str) -> Iterator[str]:
    """By which methods a pattern of that name is used. A name of two modules counts for both: that asks for more, not less."""
    return (node.attr for node in ast.walk(tree) if _attribute_of(node, name) and node.attr in METHODS)


def _attribute_of(node: ast.AST, name: str) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name


def _evaluated(call: ast.Call, module: str) -> re.Pattern[Any] | None:
    """The pattern that the call compiles, by the names of its module. A name of a comprehension stands for itself."""
    flags = [one for one in (*call.args[1:], *(word.value for word in call.keywords)) if ast.unparse(one).startswith("re.")]
    names: dict[str, Any] = {"re": re}
    for node in (call.args[0], *flags):
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id not in names:
                names[inner.id] = getattr(sys.modules.get(module) or import_module(module), inner.id, None)
                if names[inner.id] is None and isinstance(node, ast.JoinedStr):
                    names[inner.id] = inner.id
    try:
        made = [eval(compile(ast.Expression(node), module, "eval"), names) for node in (call.args[0], *flags)]
        return re.compile(made[0], sum(made[1:]) if made[1:] else 0)
    except (AttributeError, TypeError):
        return None


def hard_texts(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str, str]]:
    """What stands before, what is repeated, and what stands behind it."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parsed = parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    repeated = [*_repetitions(parsed, "")]
    marks = dict.fromkeys(one for word in _runs(parsed) for one in word if not one.isalnum())
    pairs = map("".join, permutations([*marks, "a"][:_MARKS], 2))
    single = [*(body for _, body in repeated), *_runs(parsed), *_characters(parsed), " ", '"', "\\"]
    pieces = dict.fromkeys([*single[:_PIECES], *pairs])
    starts = dict.fromkeys(["", *(before for before, _ in repeated)])
    for piece in filter(None, pieces):
        for before in [*starts][:_STARTS]:
            for behind in ("", "\x00"):
                yield before, piece, behind


def _repetitions(parsed: Any, before: str) -> Iterator[tuple[str, str]]:
    """Each unbounded repetition: a text that leads to it, and one that it takes."""
    for code, argument in parsed:
        for inner in _inside(code, argument):
            yield from _repetitions(inner, before)
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT) and argument[1] > _MANY:
            yield before, _sample(argument[2])
        before += _sample([(code, argument)])


def _inside(code: Any, argument: Any) -> list[Any]:
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return [argument[2]]
    if code is codes.SUBPATTERN:
        return [argument[-1]]
    if code is codes.ATOMIC_GROUP:
        return [argument]
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [argument[1]]
    return [*argument[1]] if code is codes.BRANCH else []


def _sample(parsed: Any) -> str:
    """A text that the parts match, as far as look-around leaves it."""
    made = ""
    for code, argument in parsed:
        if code is codes.LITERAL:
            made += chr(argument)
        elif code in (codes.IN, codes.NOT_LITERAL, codes.ANY):
            made += next(iter(_members(code, argument)))
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            made += _sample(argument[2]) * min(max(argument[0], 1), argument[1], _MANY)
        elif code in (codes.SUBPATTERN, codes.ATOMIC_GROUP, codes.BRANCH):
            made += _sample(_inside(code, argument)[0])
    return made


def _runs(parsed: Any) -> Iterator[str]:
    """Its literal words, such as `/responses/`, wherever they stand."""
    word = ""
    for code, argument in parsed:
        if code is codes.LITERAL:
            word += chr(argument)
            continue
        yield from filter(None, [word])
        word = ""
        for inner in _inside(code, argument):
            yield from _runs(inner)
    yield from filter(None, [word])


def _characters(parsed: Any) -> Iterator[str]:
    for code, argument in parsed:
        if code in (codes.IN, codes.NOT_LITERAL, codes.ANY):
            yield from _members(code, argument)
        for inner in _inside(code, argument):
            yield from _characters(inner)


_ANY = 'a0 -_./:\n\t"\\é\u200b\x1b'
_CATEGORIES = {codes.CATEGORY_DIGIT: "0", codes.CATEGORY_SPACE: " \t", codes.CATEGORY_WORD: "a"}


def _members(code: Any, argument: Any) -> list[str]:
    """Some characters of a class, at least one."""
    if code is codes.ANY:
        return ["a"]
    if code is codes.NOT_LITERAL:
        return [one for one in _ANY if ord(one) != argument]
    found: list[str] = []
    for kind, inner in argument:
        if kind is codes.NEGATE:
            held = re.compile(f"[{''.join(re.escape(one) for one in _members(codes.IN, argument[1:]))}]")
            return [one for one in _ANY if not held.match(one)] or ["é"]
        if kind is codes.LITERAL:
            found.append(chr(inner))
        elif kind is codes.RANGE:
            found.append(chr(inner[0]))
        else:
            found += _CATEGORIES.get(inner, "a-")
    return found[:6]
