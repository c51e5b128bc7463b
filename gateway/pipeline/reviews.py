"""Reviews: what the gateway could not decide, for a person to see and to decide."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256

import orjson

from gateway.decisions.policy import Policy
from gateway.decisions.review_report import Report, report
from gateway.model.errors import BoxNotGone, InvocationNotFound, RequestInvalid, brief
from gateway.model.invocation import Answer, Invocation, Outcome, Verdict
from gateway.model.principal import Caller
from gateway.pipeline.version_of import version_to_show
from gateway.records.ledger.protocol import Ledger, OpenReview, Resolution
from registry.calling.arguments import parse
from registry.calling.redaction import redact
from registry.catalog.publications import Catalogs
from registry.checking.argument_checker import ArgumentChecker
from registry.model.errors import RegistryError
from registry.model.tool import JsonObject, ToolVersion
from sandbox.api.fault_code import FaultCode
from sandbox.reaping.box_registry import Absent, BoxRegistry

SOURCE = "review"

#: For a version whose schema is gone: what is secret in its arguments is not known, so all of it is hidden.
UNKNOWN_SCHEMA: JsonObject = {"writeOnly": True}


@dataclass(frozen=True, slots=True)
class AnotherAttempt:
    """It did not happen: make one more attempt."""


@dataclass(frozen=True, slots=True)
class DeclareSucceeded:
    """It did happen, and this JSON was the answer."""

    value_json: bytes


@dataclass(frozen=True, slots=True)
class DeclareFailed:
    """It is not to be made any more."""

    effect_possible: bool


Decision = AnotherAttempt | DeclareSucceeded | DeclareFailed


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An invocation under review, or once under it. `version` is None where the catalog no longer has it."""

    invocation: Invocation
    report: Report
    version: ToolVersion | None
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class Reviews:
    policy: Policy
    ledger: Ledger
    catalogs: Catalogs
    checker: ArgumentChecker
    boxes: BoxRegistry

    async def list(self, caller: Caller, *, after: OpenReview | None = None) -> AsyncIterator[tuple[OpenReview, Reviewed]]:
        """The open ones of the caller's tenant that follow `after`, oldest first, each with its place. Raises NotPermitted."""
        self.policy.authorize_review(caller)
        async for place in self.ledger.reviews(caller.principal.tenant, after=after):
            invocation = await self.ledger.read(caller.principal.tenant, place.id)
            if invocation is not None and invocation.review is not None and invocation.review.open:
                yield place, await self._reviewed(invocation)

    async def show(self, caller: Caller, id: str) -> Reviewed:
        """One review, open or decided. Raises NotPermitted, InvocationNotFound."""
        self.policy.authorize_review(caller)
        invocation = await self.ledger.read(caller.principal.tenant, id)
        if invocation is None or invocation.review is None:
            raise InvocationNotFound(f"no review of an invocation {brief(id)}")
        return await self._reviewed(invocation)

    async def resolve(
        self, caller: Caller, id: str, decision: Decision, reason: str, *, decision_id: str = "", seen: int | None = None
    ) -> Reviewed:
        """Decide an open review. Raises NotPermitted, InvocationNotFound, RequestInvalid, ReviewNotOpen, BoxNotGone.

        `decision_id`: the same decision under the same id is applied once, and answered as often as it is repeated with how the
        invocation stands then. `seen`: how many attempts the author knew of; None: as many as there are now. BoxNotGone names
        the host of the box. Where that is looked up, BoxRegistryUnavailable is raised, too.
        """
        # What a decision has granted may have ended since, under no review: only the ledger knows whether this one is repeated.
        reviewed = await (self._as_it_stands if decision_id else self.show)(caller, id)
        outcome = await self._outcome(reviewed, decision)
        author, request = f"{caller.principal.agent}/{caller.principal.subject}", reviewed.invocation.request
        attempts = 1 + (reviewed.version is not None and reviewed.version.draft.fallback is not None and not request.parent)
        looked_at = len(reviewed.invocation.attempts) if seen is None else seen
        name = _name(decision_id, author, decision, reason) if decision_id else ""
        resolution = Resolution(author, reason, outcome, attempts, request.timeout, looked_at, decision=name)
        try:
            await self.ledger.resolve(caller.principal.tenant, id, resolution)
        except BoxNotGone:
            raise await self._box_not_gone(reviewed.invocation) from None
        return await self._as_it_stands(caller, id)

    async def _as_it_stands(self, caller: Caller, id: str) -> Reviewed:
        """Also where it is under no review, or not any more. Raises NotPermitted, InvocationNotFound."""
        self.policy.authorize_review(caller)
        invocation = await self.ledger.read(caller.principal.tenant, id)
        if invocation is None:
            raise InvocationNotFound(f"no invocation {brief(id)}")
        return await self._reviewed(invocation)

    async def _box_not_gone(self, invocation: Invocation) -> BoxNotGone:
        """With the host to declare lost, as far as it is known where the box is."""
        for attempt in reversed(invocation.attempts):
            place = await self.boxes.find(attempt.box) if attempt.box else Absent.NEVER
            if not isinstance(place, Absent):
                return BoxNotGone(
                    f"the box {attempt.box} of {invocation.id} is not confirmed gone; it is on host {place.host}",
                    cure=f"Try again in some seconds: a gateway on that host removes it. Is the host gone for good: "
                    f"`callgate host lost {place.host} --reason …`.",
                )
        return BoxNotGone(f"the box of {invocation.id} is not confirmed gone")

    async def _outcome(self, reviewed: Reviewed, decision: Decision) -> Outcome | None:
        if isinstance(decision, AnotherAttempt):
            return None
        if isinstance(decision, DeclareSucceeded):
            matches = await self._matches(reviewed.invocation.principal.tenant, reviewed.version, decision.value_json)
            return Outcome(Verdict.SUCCEEDED, Answer(0, "application/json", decision.value_json, matches), source=SOURCE)
        message = "A person has decided that it is not to be made any more."
        return Outcome(Verdict.TOOL_FAILED, None, FaultCode.REVIEWED, message, decision.effect_possible, source=SOURCE)

    async def _matches(self, tenant: str, version: ToolVersion | None, value_json: bytes) -> bool | None:
        _require_json(value_json)
        return None if version is None else await self.checker.matches(tenant, version, value_json)

    async def _reviewed(self, invocation: Invocation) -> Reviewed:
        version = await self._version(invocation)
        given = parse(invocation.request.args_json) if invocation.request.args_json else {}
        shown = redact(given, version.draft.input_schema if version else UNKNOWN_SCHEMA)
        return Reviewed(invocation, report(invocation), version, shown)

    async def _version(self, invocation: Invocation) -> ToolVersion | None:
        try:
            return await version_to_show(self.catalogs, invocation)
        except RegistryError:
            return None


def _name(decision_id: str, author: str, decision: Decision, reason: str) -> str:
    """By what the ledger knows a decision again. Another decision, or another author's, under the same id is no repetition."""
    return sha256(repr((decision_id, author, decision, reason)).encode()).hexdigest()[:32]


def _require_json(value_json: bytes) -> None:
    try:
        orjson.loads(value_json)
    except orjson.JSONDecodeError:
        raise RequestInvalid("the value is not JSON") from None
