"""What is typed after `callgate init`, from the secrets to the first call: whole commands, quoted for a shell."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import join

from gateway.cli.toolset.decisions import Decisions
from registry.manifest.named_secrets import fields_of
from registry.model.tool import Draft, Effect
from registry.schema.sampling import sample

_SAFEST_FIRST = tuple(Effect)


def next_commands(decided: Decisions, manifest: Path, drafts: Sequence[Draft], reaching: Sequence[str] = ()) -> Iterator[str]:
    """In the order in which they are typed. `drafts`: the tools that the import will make, at least one. `reaching`: the
    options by which the document is reached."""
    named = ("--manifest", str(manifest), *reaching)
    for one in decided.credentials:
        yield from (join(["callgate", "secret", "set", one.path, field]) for field in fields_of(one))
    yield plan_command(manifest, reaching)
    if decided.promote:
        yield join(["callgate", "toolset", "apply", *named])
    else:
        yield join(["callgate", "toolset", "apply", *named, "--require-promotion"])
        yield join(["callgate", "toolset", "promote", "--toolset", decided.toolset])
    yield _call(called_first(drafts))


def plan_command(manifest: Path, reaching: Sequence[str]) -> str:
    return join(["callgate", "toolset", "plan", "--manifest", str(manifest), *reaching])


def called_first(drafts: Sequence[Draft]) -> Draft:
    """Of the tools of the safest effect the one that asks for least."""
    return min(drafts, key=lambda draft: (_SAFEST_FIRST.index(draft.effect), len(draft.input_schema.get("required", ()))))


def _call(draft: Draft) -> str:
    """With arguments of which the schema is all that is known. Where none are found: how to see what the tool takes."""
    arguments = sample(draft.input_schema)
    if arguments is None:
        return join(["callgate", "tools", "show", draft.name])
    return join(["callgate", "call", draft.name, *([json.dumps(arguments)] if arguments else [])])
