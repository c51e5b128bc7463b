"""The process that holds instances against schemas: `python -m registry.checking.worker`, jobs on stdin, answers on stdout.

Both are strangers' words. So it has nothing that could be used: no environment, no file and no connection that it could open, a
bound on memory, and for each job one on work, at which the kernel ends it.

A job is two frames: `{"check": name, "strictly": whether it is read as arguments are, "cpu_seconds": …, "nulls_count": …}`,
then the instance. Where the check is not known, the answer is `{"unknown": true}`, and the job comes again with `"schema"` and
`"strict_formats"`. Otherwise `{"fits": …}`, null where the instance is nested too deep to tell. Of what was read strictly, more
follows. Where it fits, a frame with its canonical form, and two that are empty if it fits as it is: else what it means, and the
canonical form of what it is. Where it does not, `{"violations": [[pointer, expected], …]}`, and then the same with examples.
Each is told before the next is looked for, which may take too long.

A job with `"view": [projection, most]` is of another kind (`view_work`). Its answers are three frames: how it went, what is
shown, and what that was cut of.
"""

import gc
import sys
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, BinaryIO

import orjson

from registry.calling.arguments import DEPTH, canonical, parse_and_measure
from registry.calling.examples import with_examples
from registry.checking.check import Check
from registry.checking.view_work import see, warm
from registry.confinement.frames import LENGTH, read_frame, write_frame
from registry.confinement.process_bounds import enter_bounds, work_at_most
from registry.model.errors import ArgumentsInvalid, Violation
from registry.model.tool import JsonObject
from registry.schema.applying import TooManyLooks
from registry.schema.meant import as_meant
from registry.schema.work import InstanceSize, measured

MEMORY_BYTES = 768_000_000
#: New objects after which the collector looks for cycles: there are none in JSON, and looking takes longer than reading it.
GARBAGE = 200_000
#: Schemas that are looked at for what arguments mean, for each second that a job may take: two fifths of it, so that what is
#: wrong can still be told.
LOOKS_A_SECOND = 150_000
#: Schemas that are kept, those used last.
CAPACITY = 32

Kept = tuple[Check, JsonObject]


def main() -> None:
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    checks: OrderedDict[str, Kept] = OrderedDict()
    canonical({"a": 0.5})  # what it imports when it is first called, no file gives it afterwards
    warm()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    enter_bounds(MEMORY_BYTES)
    while (head := read_frame(jobs)) is not None:
        instance, job = read_frame(jobs), orjson.loads(head)
        work_at_most(job["cpu_seconds"])
        _answer(job, instance or b"", checks, answers)
        work_at_most(0)


def _answer(job: JsonObject, instance: bytes, checks: OrderedDict[str, Kept], answers: BinaryIO) -> None:
    if "view" in job:
        _see(answers, job["view"], instance)
        return
    kept = _known(job, checks)
    if kept is None:
        _tell(answers, {"unknown": True})
        return
    try:
        value, size = parse_and_measure(instance) if job["strictly"] else _measured(orjson.loads(instance))
    except orjson.JSONDecodeError:
        _tell(answers, {"fits": False})
        return
    except ArgumentsInvalid as refusal:
        _tell(answers, {"fits": False})
        _explain(answers, (refusal.violations, refusal.violations))
        return
    check, schema = kept
    fits, meant = _fits(check, value, size), value
    if job["strictly"] and fits is False:
        meant = _meant(value, schema, job)
        if meant is not value and meant != value:
            size = measured(meant)
            fits = _fits(check, meant, size)
    _tell(answers, {"fits": fits})
    if job["strictly"] and fits:
        _write(answers, canonical(meant))
        _write(answers, b"" if meant is value else orjson.dumps(meant))
        _write(answers, b"" if meant is value else canonical(value))
    elif job["strictly"] and fits is False:
        violations = check.violations(meant, size)
        _explain(answers, (with_examples(violations, schema) if told else violations for told in (False, True)))


def _see(answers: BinaryIO, view: tuple[str, int], instance: bytes) -> None:
    seen = see(*view, instance)
    _tell(answers, seen.head)
    _write(answers, seen.body)
    _write(answers, seen.whole)


def _meant(value: JsonObject, schema: JsonObject, job: JsonObject) -> JsonObject:
    try:
        return as_meant(value, schema, looks=int(job["cpu_seconds"] * LOOKS_A_SECOND), nulls_count=job["nulls_count"])
    except TooManyLooks:
        return value


def _measured(value: Any) -> tuple[Any, InstanceSize]:
    return value, measured(value)


def _explain(answers: BinaryIO, told: Iterable[tuple[Violation, ...]]) -> None:
    for violations in told:
        _tell(answers, {"violations": [[one.pointer, one.expected] for one in violations]})


def _fits(check: Check, value: Any, size: InstanceSize) -> bool | None:
    try:
        return check.is_valid(value, size) if size.levels <= DEPTH else None
    except (MemoryError, RecursionError):
        return None


def _tell(answers: BinaryIO, answer: JsonObject) -> None:
    write_frame(answers, answer)
    answers.flush()


def _write(answers: BinaryIO, written: bytes) -> None:
    answers.write(LENGTH.pack(len(written)) + written)
    answers.flush()


def _known(job: JsonObject, checks: OrderedDict[str, Kept]) -> Kept | None:
    name = job["check"]
    if "schema" in job:
        checks[name] = Check(job["schema"], strict_formats=job["strict_formats"]), job["schema"]
    if name in checks:
        checks.move_to_end(name)
    while len(checks) > CAPACITY:
        checks.popitem(last=False)
    return checks.get(name)


if __name__ == "__main__":
    main()
