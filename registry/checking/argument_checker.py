"""Arguments and answers against the schemas of tool versions.

What is small and little work is done at once. What may be more, and every explanation of why something does not fit, is left to
a process that is ended when it works too long: no schema and no instance holds the gateway.
"""

import asyncio
from collections import OrderedDict
from typing import Any

import orjson
import structlog

from registry.calling.arguments import DEPTH, Arguments, canonical, parse_and_measure
from registry.checking.check import Check
from registry.checking.checking_pool import CheckingPool
from registry.checking.checking_process import CheckJob, ViewJob
from registry.checking.quick_schemas import is_quick
from registry.checking.view_work import SeenAnswer
from registry.model.errors import ArgumentsInvalid, CheckerFailed, Violation
from registry.model.formats import Formats
from registry.model.media_types import essence
from registry.model.shaping import View
from registry.model.tool import Draft, JsonObject, Response, ToolVersion
from registry.schema.applying import TooManyLooks
from registry.schema.meant import as_meant
from registry.schema.work import InstanceSize, measured

log = structlog.get_logger(__name__)

#: Applications of a schema to a value that are done at once: some milliseconds.
AT_ONCE = 200_000
#: Bytes of arguments, and of an answer, that are read at once: in some milliseconds, however many values they are. Arguments
#: are written canonically, too, which takes longer.
ARGUMENT_BYTES, ANSWER_BYTES = 16_384, 65_536
#: Schemas that are looked at here for what arguments mean that do not fit as they are: a millisecond or two.
LOOKS_AT_ONCE = 2_000
#: In whose bodies a null says that a member is to be removed (RFC 7396): no schema need say so.
MERGE_PATCH = "application/merge-patch+json"
#: Seconds in which an answer is compared beside the gateway, the wait for a process included. Much less than a lease.
ANSWER_SECONDS = 3.0

TOO_COSTLY = Violation("", "arguments that take less work to be held against the schema")
SIMPLER = (
    "Send fewer values, or nest them less; where the call needs them all, ask the tool's owner for a schema with fewer"
    " alternatives."
)


class ArgumentChecker:
    """Keeps the `capacity` schemas used last."""

    def __init__(self, capacity: int = 256) -> None:
        self._pool = CheckingPool()
        self._capacity = capacity
        self._checks: OrderedDict[str, Check | None] = OrderedDict()

    async def close(self) -> None:
        await self._pool.close()

    async def read(self, tenant: str, version: ToolVersion, args_json: bytes) -> Arguments:
        """The arguments, where they fit the version's input schema: as they are, or else in what they mean by it.

        Raises ArgumentsInvalid: for each violation a pointer, what was expected and an example; no value of the caller's.
        Raises CheckerFailed.
        """
        job, little = _arguments_job(version, args_json), False
        if len(args_json) <= ARGUMENT_BYTES:
            arguments, size = parse_and_measure(args_json)
            fits = self._fits_at_once(job, arguments, size)
            if fits is True:
                return Arguments(arguments, canonical(arguments))
            little = fits is False
            if little and (meant := self._meant_at_once(job, arguments)):
                return meant
        result = await self._pool.check(tenant, job, little=little)
        if result.fits is None:
            raise ArgumentsInvalid((TOO_COSTLY,), cure=SIMPLER)
        if not result.fits:
            raise ArgumentsInvalid(result.violations or (Violation("", "what the tool's input schema describes"),))
        return Arguments(orjson.loads(result.meant or args_json), result.canonical, result.said)

    async def matches(self, tenant: str, version: ToolVersion, body: bytes, other: Response | None = None) -> bool | None:
        """Whether a JSON text fits the output schema, or that of another response than the success.

        None where there is no schema, or it cannot be told with the work and in the time that there is: the call has been made,
        and its holder must record what came of it before its lease ends.
        """
        side, schema = ("output", version.draft.output_schema) if other is None else (other.status, other.schema)
        if schema is None:
            return None
        job = _job(version, side, schema, body)
        if len(body) <= ANSWER_BYTES:
            try:
                answer = orjson.loads(body)
            except orjson.JSONDecodeError:
                return False
            if (fits := self._fits_at_once(job, answer, measured(answer))) is not None:
                return fits
        return await self._fits_beside(tenant, job)

    async def is_json(self, tenant: str, text: bytes) -> bool | None:
        """Whether a text that has too many values to be read here is JSON. None where it is nested too deep, or it cannot be
        told with the work and in the time that there is."""
        return await self._fits_beside(tenant, CheckJob("anything", {}, text))

    async def see(self, tenant: str, view: View, answer: bytes) -> SeenAnswer | None:
        """What a view makes of a JSON answer. None: it took more work, or more time, than there is."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._pool.see(tenant, ViewJob(view.projection or "", view.bytes or 0, answer))
        except (TimeoutError, CheckerFailed) as error:
            log.warning("answer_not_viewed", reason=str(error) or "not within the time that there is")
            return None

    async def _fits_beside(self, tenant: str, job: CheckJob) -> bool | None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return (await self._pool.check(tenant, job)).fits
        except (TimeoutError, CheckerFailed) as error:
            log.warning("answer_not_compared", schema=job.name, reason=str(error) or "not within the time that there is")
            return None

    def _meant_at_once(self, job: CheckJob, arguments: JsonObject) -> Arguments | None:
        """What arguments mean that do not fit as they are. None: that does not fit either, or it is too much work here."""
        try:
            meant = as_meant(arguments, job.schema, looks=LOOKS_AT_ONCE, nulls_count=job.nulls_count)
        except TooManyLooks:
            return None
        if meant == arguments or not self._fits_at_once(job, meant, measured(meant)):
            return None
        return Arguments(meant, canonical(meant), said=canonical(arguments))

    def _fits_at_once(self, job: CheckJob, instance: Any, size: InstanceSize) -> bool | None:
        """None: it is too much work, or too deep, to tell here."""
        check = self._check(job)
        if check is None or size.levels > DEPTH or not check.is_bounded_quickly(size) or check.bound(size) > AT_ONCE:
            return None
        return check.is_valid(instance, size)

    def _check(self, job: CheckJob) -> Check | None:
        """None: it would take too long to compile the schema here."""
        name = job.name
        if name not in self._checks:
            quick = is_quick(job.schema)
            self._checks[name] = Check(job.schema, strict_formats=job.strict_formats) if quick else None
        self._checks.move_to_end(name)
        while len(self._checks) > self._capacity:
            self._checks.popitem(last=False)
        return self._checks[name]


def _arguments_job(version: ToolVersion, args_json: bytes) -> CheckJob:
    job = _job(version, "input", version.draft.input_schema, args_json)
    return job._replace(strictly=True, nulls_count=_nulls_count(version.draft))


def _job(version: ToolVersion, side: str, schema: JsonObject, instance: bytes) -> CheckJob:
    strict_formats = version.draft.formats is Formats.STRICT
    return CheckJob(f"{version.digest} {side}", schema, instance, strict_formats=strict_formats)


def _nulls_count(draft: Draft) -> tuple[str, ...]:
    """The arguments in which a null means something, whatever the schema says."""
    body = draft.operation.body
    return (body.argument,) if body is not None and essence(body.media_type) == MERGE_PATCH else ()
