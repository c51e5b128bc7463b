"""What changed on the wire: where a call goes, how it is written, and what its repetition may do."""

from collections.abc import Iterator

from registry.model.findings import Finding, Severity
from registry.model.tool import Draft, Effect, Operation, Requirement
from registry.model.value_codec import plain

Alternative = tuple[Requirement, ...]

_SAFEST = list(Effect)
_STYLE = "Take the new version: the API reads this argument in another form, and the old version writes the old one."


def wire_findings(old: Draft, new: Draft) -> Iterator[Finding]:
    before, after = old.operation, new.operation
    yield from _destination(before, after)
    yield from _parameters(before, after)
    yield from _bodies(before, after)
    yield from _accept(before, after)
    yield from _security(before, after)
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
            message = f"where {parameter.argument} is missing, the gateway sends another value"
            yield Finding(
                "request-parameter-default-value-changed",
                Severity.COMPATIBLE,
                f"/operation/{parameter.argument}",
                message,
                f"Pass {parameter.argument} if you mean the old one.",
            )


def _differs(old: object, new: object, name: str) -> bool:
    # The input schema says whether callers must pass it.
    return name not in ("required", "default") and getattr(old, name) != getattr(new, name)


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


def _security(old: Operation, new: Operation) -> Iterator[Finding]:
    before, after = (one.security or ((),) for one in (old, new))
    if all(any(_fulfils(given, needed) for needed in after) for given in before):
        if before != after:
            message = "a call may be authenticated in more ways, or with less"
            yield Finding("api-security-updated", Severity.COMPATIBLE, "/operation/security", message)
        return
    message = "what authenticated a call before is no longer enough"
    action = "Let the operator bind a credential that fulfils it."
    yield Finding(_security_id(before, after), Severity.BREAKING, "/operation/security", message, action)


def _fulfils(given: Alternative, needed: Alternative) -> bool:
    return all(any(one.kind == need.kind and {*need.scopes} <= {*one.scopes} for one in given) for need in needed)


def _security_id(before: tuple[Alternative, ...], after: tuple[Alternative, ...]) -> str:
    kinds = [{frozenset(one.kind for one in alternative) for alternative in alternatives} for alternatives in (before, after)]
    if kinds[0] == kinds[1]:
        return "api-security-scope-added"
    return "api-security-added" if () in before else "api-security-removed"
