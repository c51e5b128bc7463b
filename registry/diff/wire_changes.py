"""What changed on the wire: where a call goes, how it is written, and what its repetition may do."""

from collections.abc import Iterator
from dataclasses import replace

from registry.model.findings import Finding, Severity
from registry.model.json_pointer import escape
from registry.model.tool import Draft, Effect, Filling, Operation, Parameter, Requirement
from registry.model.value_codec import plain

Alternative = tuple[Requirement, ...]

_SAFEST = list(Effect)
_PLACE = "api-security-component-oauth-token-url"
_STYLE = "Take the new version: the API reads this argument in another form, and the old version writes the old one."


def wire_findings(old: Draft, new: Draft) -> Iterator[Finding]:
    before, after = old.operation, new.operation
    yield from _destination(before, after)
    yield from _parameters(before, after)
    yield from _bodies(before, after)
    yield from _accept(before, after)
    yield from _security(before, after)
    yield from _fillings(before, after)
    if old.deprecated != new.deprecated:
        id, message = ("endpoint-deprecated", "the API advises against the operation") if new.deprecated else (
            "endpoint-reactivated", "the API no longer advises against the operation"
        )  # fmt: skip
        yield Finding(id, Severity.COMPATIBLE, "/deprecated", message, "Look for another tool." if new.deprecated else "")
    if old.effect != new.effect:
        riskier = _SAFEST.index(new.effect) > _SAFEST.index(old.effect)
        severity = Severity.BREAKING if riskier else Severity.COMPATIBLE
        action = "Expect fewer retries: a repetition may act again." if riskier else ""
        yield Finding("tool-effect-changed", severity, "/effect", f"the effect is {new.effect}, it was {old.effect}", action)


def _destination(old: Operation, new: Operation) -> Iterator[Finding]:
    for name, id in (("method", "api-method-changed"), ("path", "api-path-changed"), ("server", "api-server-changed")):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            action = "Check that calls, and their secret, may go there."
            yield Finding(id, Severity.BREAKING, f"/operation/{name}", f"the {name} is {after}, it was {before}", action)


def _parameters(old: Operation, new: Operation) -> Iterator[Finding]:
    known = {parameter.argument: parameter for parameter in old.parameters}
    for parameter in new.parameters:
        before = known.get(parameter.argument)
        if before is None or before == parameter:
            continue
        names = [name for name in plain(parameter).keys() | plain(before).keys() if _differs(before, parameter, name)]
        if names:
            message = f"the gateway writes {parameter.argument} in another way ({', '.join(sorted(names))})"
            yield Finding(
                "request-parameter-style-changed", Severity.BREAKING, f"/operation/{parameter.argument}", message, _STYLE
            )
        if before.default != parameter.default:
            yield _another_default(before, parameter)


def _another_default(old: Parameter, new: Parameter) -> Finding:
    """Of a parameter that the API requires. Where one of the two has no default, the schema says whether it must be passed."""
    changed = old.default is not None and new.default is not None
    return Finding(
        "request-parameter-default-value-changed",
        Severity.BREAKING if changed else Severity.COMPATIBLE,
        f"/operation/{new.argument}",
        f"where {new.argument} is missing, the gateway sends another value",
        f"Pass {new.argument} if you mean the old one.",
    )


def _differs(old: object, new: object, name: str) -> bool:
    # The input schema says whether callers must pass it.
    return name not in ("required", "default", "filling") and getattr(old, name) != getattr(new, name)


def _bodies(old: Operation, new: Operation) -> Iterator[Finding]:
    before, after = old.body, new.body
    if before is None or after is None:
        return
    if before.media_type != after.media_type:
        message = f"the gateway sends the body as {after.media_type}, it was {before.media_type}"
        yield Finding("request-body-media-type-removed", Severity.BREAKING, "/operation/body", message, _STYLE)
    elif before.parts != after.parts:
        message = "the gateway writes the parts of the body in another way"
        yield Finding("request-body-encoding-changed", Severity.BREAKING, "/operation/body", message, _STYLE)


def _accept(old: Operation, new: Operation) -> Iterator[Finding]:
    lost = [one for one in old.accept if one not in new.accept and one != "*/*"]
    gained = [one for one in new.accept if one not in old.accept]
    if lost:
        message = f"answers no longer come as {', '.join(lost)}"
        yield Finding(
            "response-media-type-removed", Severity.BREAKING, "/operation/accept", message, f"Read {', '.join(new.accept)}."
        )
    if gained:
        message = f"answers may come as {', '.join(gained)}, too"
        yield Finding("response-media-type-added", Severity.COMPATIBLE, "/operation/accept", message)


def _fillings(old: Operation, new: Operation) -> Iterator[Finding]:
    """What the operator gives in the callers' place. The input schema says which arguments are theirs."""
    for setting, before, after in (("arguments", _arguments(old), _arguments(new)), ("headers", _headers(old), _headers(new))):
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) == after.get(name):
                continue
            word = "added" if name not in before else "removed" if name not in after else "changed"
            severity = Severity.COMPATIBLE if word == "added" else Severity.BREAKING
            message = f"the operator's value for {name} ({setting}) was {word}"
            action = "Check that calls may act with the other value, or without one." if word != "added" else ""
            yield Finding(f"tool-{setting}-{word}", severity, f"/{setting}/{escape(name)}", message, action)


def _arguments(operation: Operation) -> dict[str, Filling]:
    places = (*operation.parameters, *((operation.body,) if operation.body else ()))
    return {one.argument: one.filling for one in places if one.filling}


def _headers(operation: Operation) -> dict[str, Filling]:
    return {header.name.lower(): header.filling for header in operation.headers}


def _security(old: Operation, new: Operation) -> Iterator[Finding]:
    yield from _token_sources(old, new)
    before, after = (_without_sources(one) for one in (old, new))
    if all(any(_fulfils(given, needed) for needed in after) for given in before):
        if before != after:
            message = "a call may be authenticated in more ways, or with less"
            yield Finding("api-security-updated", Severity.COMPATIBLE, "/operation/security", message)
        return
    message = "what authenticated a call before is no longer enough"
    action = "Let the operator bind a credential that fulfils it."
    yield Finding(_security_id(before, after), Severity.BREAKING, "/operation/security", message, action)


def _without_sources(operation: Operation) -> tuple[Alternative, ...]:
    named = operation.security or ((),)
    return tuple(tuple(replace(one, token_sources=()) for one in alternative) for alternative in named)


def _token_sources(old: Operation, new: Operation) -> Iterator[Finding]:
    """The secret itself stays as it is: what must know is what fetches tokens. Versions of earlier releases name no place."""
    before, after = (_sources(operation) for operation in (old, new))
    for kind in dict.fromkeys((*before, *after)):
        was, now = before.get(kind, set()), after.get(kind, set())
        if was and now and was - now:
            told = f"tokens come from {', '.join(sorted(now))}, they came from {', '.join(sorted(was))}"
            action = "Let what fetches tokens ask there, and check that the place is the API's own."
            yield Finding(f"{_PLACE}-changed", Severity.BREAKING, "/operation/security", told, action)
        elif now - was:
            told = f"the document names a place of tokens: {', '.join(sorted(now - was))}"
            yield Finding(f"{_PLACE}-added", Severity.TEXT, "/operation/security", told)
        elif was - now and any(one.kind == kind for alternative in new.security for one in alternative):
            told = f"the document no longer says where tokens come from; it was {', '.join(sorted(was))}"
            yield Finding(f"{_PLACE}-removed", Severity.COMPATIBLE, "/operation/security", told)


def _sources(operation: Operation) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in (one for alternative in operation.security for one in alternative):
        found.setdefault(one.kind, set()).update(one.token_sources)
    return found


def _fulfils(given: Alternative, needed: Alternative) -> bool:
    return all(any(one.kind == need.kind and {*need.scopes} <= {*one.scopes} for one in given) for need in needed)


def _security_id(before: tuple[Alternative, ...], after: tuple[Alternative, ...]) -> str:
    kinds = [{frozenset(one.kind for one in alternative) for alternative in alternatives} for alternatives in (before, after)]
    if kinds[0] == kinds[1]:
        return "api-security-scope-added"
    return "api-security-added" if () in before else "api-security-removed"
