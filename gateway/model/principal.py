"""Who calls, and what that caller may do."""

from dataclasses import KW_ONLY, dataclass, fields

#: How each right's field of Rule begins.
RIGHT = "may_"


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller. `tenant` owns the records, `agent` is the program, `subject` the one it acts for."""

    tenant: str
    agent: str
    subject: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What one token may do. `tools` are fnmatch patterns of tool names. Each further right is a field `may_…`, and no other
    place lists them: the principals file, the store and the API take their names from here."""

    tools: tuple[str, ...] = ()
    _: KW_ONLY
    may_import: bool = False
    may_promote: bool = False
    may_review: bool = False
    may_operate: bool = False
    may_record: bool = False
    may_connect: bool = False


#: The names of the rights beside calling tools: `import`, `review`, …
RIGHTS = tuple(field.name.removeprefix(RIGHT) for field in fields(Rule) if field.name.startswith(RIGHT))


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal with the rights of the token that it came with: another token of the same principal may have others."""

    principal: Principal
    rule: Rule


def rule_of(tools: tuple[str, ...], rights: frozenset[str]) -> Rule:
    """The rule with these rights of RIGHTS, and no other."""
    return Rule(tools, **{f"{RIGHT}{right}": right in rights for right in RIGHTS})


def rights_of(rule: Rule) -> tuple[str, ...]:
    """The names of the rights that the rule has."""
    return tuple(right for right in RIGHTS if getattr(rule, f"{RIGHT}{right}"))
