"""Names that a tenant's tools cannot have, because others have them: all of them are told at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from registry.model.errors import DocumentInvalid, NameTaken, Violation
from registry.model.json_pointer import escape
from registry.model.tool import Draft

#: Names that a refusal tells in its message. Its violations have all of them.
NAMES_TOLD = 5
_PREFIX = (
    "Write a `prefix` for all of the toolset's tools in its manifest, such as `prefix: {}_`; or give operations other names "
    "there, each by `name`. `callgate toolset init` writes a manifest."
)


def require_ownership(drafts: Sequence[Draft], owners: dict[str, str]) -> None:
    """Raises NameTaken with all names that belong to other toolsets (`owners`: tool name → toolset), and DocumentInvalid where
    one comes twice."""
    taken = {draft.name: owner for draft in drafts if (owner := owners.get(draft.name, draft.toolset)) != draft.toolset}
    if taken:
        raise taken_by_toolsets(taken, drafts[0].toolset)
    twice = sorted(name for name, uses in Counter(draft.name for draft in drafts).items() if uses > 1)
    if twice:
        raise DocumentInvalid(f"tool names come twice: {', '.join(map(repr, twice[:NAMES_TOLD]))}")


def taken_by_toolsets(taken: Mapping[str, str], toolset: str) -> NameTaken:
    """`taken`: tool name → the toolset of the same tenant that has it."""
    owners = ", ".join(sorted({repr(owner) for owner in taken.values()})[:NAMES_TOLD])
    violations = tuple(_violation(name, f"toolset {owner!r}") for name, owner in sorted(taken.items()))
    return NameTaken(
        f"{len(taken):,} tool names of toolset {toolset!r} belong to other toolsets already ({owners}): {told(taken)}",
        cure=_PREFIX.format(toolset.replace("-", "_")[:31]),
        violations=violations,
    )


def require_free(published: Sequence[str], clashing: Sequence[str]) -> None:
    """`published`: names of tools that are published to the importing tenant. `clashing`: names that a tenant to which the
    toolset is published has from another publication. Raises NameTaken where there is one."""
    if published:
        raise NameTaken(
            f"tools of these names are published to this tenant, so it cannot import its own: {told(published)}",
            cure=f"{_PREFIX.format('own')} Or let the operator take the publication back: `callgate toolset withdraw`.",
            violations=tuple(_violation(name, "a toolset that is published to this tenant") for name in sorted(published)),
        )
    if clashing:
        raise NameTaken(
            f"a tenant to which this toolset is published has tools of these names from another one: {told(clashing)}",
            violations=tuple(
                _violation(name, "another toolset that a tenant sees beside this one") for name in sorted(clashing)
            ),
        )


def _violation(name: str, owner: str) -> Violation:
    return Violation(f"/tools/{escape(name)}", f"a name that no other tool of the tenant has; {owner} has {name!r}")


def told(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - NAMES_TOLD:,} more" if len(ordered) > NAMES_TOLD else ""
    return ", ".join(ordered[:NAMES_TOLD]) + more
