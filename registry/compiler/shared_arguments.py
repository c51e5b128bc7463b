"""Arguments that most operations of a document take: mostly what an operator should give, as an organisation or an account."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from registry.manifest.fillings import is_fit
from registry.model.tool import Draft
from registry.schema.sampling import example

#: Of how many operations an argument must be, and of which share of them.
LEAST, SHARE = 4, 0.7


def shared_arguments(drafts: Sequence[Draft]) -> dict[str, Any]:
    """Each with a value that fits it everywhere, as a manifest says it: the caller's tenant, where that is a text."""
    taken = Counter(one.argument for draft in drafts for one in draft.operation.parameters)
    shared = [name for name, times in taken.most_common() if times >= max(LEAST, SHARE * len(drafts))]
    proposed = {name: _proposed(name, [draft for draft in drafts if _takes(draft, name)]) for name in shared}
    return {name: said for name, said in proposed.items() if said is not None}


def _takes(draft: Draft, name: str) -> bool:
    return any(one.argument == name for one in draft.operation.parameters)


def _proposed(name: str, drafts: Sequence[Draft]) -> Any:
    candidates = ({"principal": "tenant"}, *_examples(name, drafts[0]))
    return next((said for said in candidates if all(is_fit(draft, name, said) for draft in drafts)), None)


def _examples(name: str, draft: Draft) -> tuple[Any, ...]:
    schema = draft.input_schema
    try:
        return ({"value": example(schema["properties"][name], schema.get("$defs", {}))},)
    except LookupError:
        return ()
