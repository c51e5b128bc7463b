"""The Functions beside the specification, called in any order, with any fence, at any time: by a Hypothesis state machine."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.lineage import Shown, told_of_history
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.specification.record import Keys, Record, Reply

from .functions import LEDGER, Server, divergence
from .world import RETENTION, Call, apply

ENDS = st.sampled_from([InvocationState.SUCCEEDED, InvocationState.FAILED, InvocationState.CANCELLED, InvocationState.UNKNOWN])
TEXTS = st.sampled_from(["x", "y"])
SPANS = st.integers(1, 60) | st.integers(1_000, 3_000)
EXAMPLES, STEPS = 150, 40


@dataclass(slots=True)
class Seen:
    """What a gateway has seen of the store: the last event, and that of the epoch before."""

    mark: Mark = field(default_factory=Mark)
    before: Mark = field(default_factory=Mark)

    def saw(self, mark: Mark) -> None:
        if mark.epoch > self.mark.epoch:
            self.before = self.mark
        if (mark.epoch, mark.number) > (self.mark.epoch, self.mark.number):
            self.mark = mark


class Machine(RuleBasedStateMachine):
    """Each rule asks the specification and the Functions the same. `past`: the keys and the effects before each call."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self.history: list[Call] = []
        self.past: list[tuple[Keys, int]] = []
        self.keys, self.now = Keys(), 0
        self.effects = 0
        self.gateways = {name: Seen() for name in ("a", "b", "")}
        self.gateway = "a"
        self.primaries, self.asked = 1, 0
        self.records: list[Record] = []

    def ask(self, function: str, *args: Any, mark: Mark | None = None) -> None:
        self.asked += 1
        seen = self.gateways[self.gateway]
        shown_mark = mark or (seen.mark if self.gateway else Mark())
        shown = Shown(self.gateway, shown_mark, f"p{self.primaries}", b"%x" % self.asked)
        before, call = self.keys, Call(self.now, function, args, shown)
        self.past.append((self.keys, self.effects))
        self.keys, reply = apply(self.keys, call)
        self.history.append(call)
        number, nonce, epoch, *_ = told_of_history(self.keys, self.gateway)
        seen.saw(Mark(number, nonce, epoch))
        record = self.keys.record
        if record is not None and record.dispatching is not None and not record.settled:
            self.records.append(record)
        self._count(function, args, before, reply)

    def _count(self, function: str, args: tuple[Any, ...], before: Keys, reply: Reply) -> None:
        begun = function == "claim" and reply[0] == "NEW" and (before.record is None or before.record.free)
        if self.keys.record is None or begun or function == "restore":
            self.effects = 0
        self.effects += sum(one.kind == "DISPATCHED" for one in self.keys.told)
        if (function == "retry" and args[2] and reply[0] == "OK") or (
            function == "resolve" and args[0] is InvocationState.RETRY_WAIT
        ):
            self.effects = 0 if reply[0] == "OK" else self.effects

    @rule(gateway=st.sampled_from(["a", "b", "b", ""]))
    def another_gateway_calls(self, gateway: str) -> None:
        self.gateway = gateway

    @rule(lost=st.integers(0, 4))
    def another_server_goes_on_without_the_last_steps(self, lost: int) -> None:
        self.primaries += 1
        for _ in range(min(lost, len(self.history))):
            self.history.pop()
            self.keys, self.effects = self.past.pop()

    @rule(lost=st.integers(1, 3))
    def the_same_server_has_forgotten_the_last_steps(self, lost: int) -> None:
        for _ in range(min(lost, len(self.history))):
            self.history.pop()
            self.keys, self.effects = self.past.pop()

    @rule(forgotten=st.integers(0, 5).map(lambda drawn: drawn == 0))
    def show(self, forgotten: bool) -> None:
        before = self.gateways[self.gateway].before
        if self.gateway:
            beyond = self.keys.sequence if forgotten else 0
            self.ask("show", self.gateway, before.number, before.nonce, before.epoch, beyond)

    @rule(surviving=st.booleans(), before=st.sampled_from(["", "p0", "p1"]))
    def introduce(self, surviving: bool, before: str) -> None:
        self.ask("introduce", surviving, before, "b")

    @rule()
    def retire(self) -> None:
        self.ask("retire", self.gateway)

    @rule(pick=st.integers(0, 9), lease=SPANS)
    def restore(self, pick: int, lease: int) -> None:
        if self.records:
            self.ask("restore", lease, RETENTION, self.records[-1 - pick % len(self.records)])

    def fence(self, pick: int) -> int:
        """Mostly the right one; else one that was, or may be."""
        right = self.keys.record.fence if self.keys.record else self.keys.sequence
        return right if pick > 1 else max(0, right - 1 + 2 * pick)

    @rule(span=SPANS)
    def time_passes(self, span: int) -> None:
        self.now += span

    @rule(span=SPANS)
    def the_clock_goes_back(self, span: int) -> None:
        self.now = max(0, self.now - span)

    @rule(
        who=st.tuples(TEXTS, TEXTS),
        lease=SPANS,
        timeout=SPANS,
        repeatable=st.sampled_from([(False, 0), (True, 0), (True, 30)]),
        call=st.sampled_from(["", "one", "another"]),
    )
    def claim(self, who: tuple[str, str], lease: int, timeout: int, repeatable: tuple[bool, int], call: str) -> None:
        self.ask("claim", *who, lease, timeout * 3, *repeatable, repeatable != (True, 0), 2, 0, call)

    @rule(pick=st.integers(0, 9), lease=SPANS, falling_back=st.booleans())
    def heartbeat(self, pick: int, lease: int, falling_back: bool) -> None:
        self.ask("heartbeat", self.fence(pick), lease, int(falling_back))

    @rule(pick=st.integers(0, 9), token=TEXTS)
    def oblige(self, pick: int, token: str) -> None:
        obligation = f"token:{token}{len(self.history)}"  # no two tokens have the same accessor
        self.ask("oblige", self.fence(pick), obligation, 1)

    def box(self, there: bool) -> str:
        """A name that no other box has."""
        return f"b{len(self.history)}" if there else ""

    @rule(pick=st.integers(0, 9))
    def dispatch(self, pick: int) -> None:
        self.ask("dispatch", self.fence(pick), 1, self.box(True))

    @rule(
        pick=st.integers(0, 9),
        delay=st.integers(0, 20),
        undone=st.booleans(),
        attempt=st.sampled_from([None, "tried"]),
        unasked=st.booleans(),
    )
    def retry(self, pick: int, delay: int, undone: bool, attempt: str | None, unasked: bool) -> None:
        self.ask("retry", self.fence(pick), delay, undone, attempt, self.box(unasked))

    @rule(lease=SPANS)
    def resume(self, lease: int) -> None:
        self.ask("resume", lease)

    @rule(
        pick=st.integers(0, 9),
        state=ENDS,
        outcome=TEXTS,
        attempt=st.sampled_from([None, "tried"]),
        flags=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    )
    def record(
        self, pick: int, state: InvocationState, outcome: str, attempt: str | None, flags: tuple[bool, bool, bool, bool]
    ) -> None:
        review, unasked, undone, refused = flags
        self.ask("record", self.fence(pick), state, outcome, attempt, RETENTION, review, self.box(unasked), undone, refused)

    @rule(outcome=TEXTS)
    def record_late(self, outcome: str) -> None:
        known = self.keys.record
        fence = known.dispatching if known and known.dispatching is not None else 0
        self.ask("record", fence, InvocationState.SUCCEEDED, outcome, "tried", RETENTION, False)

    @rule(pick=st.integers(0, 9))
    def release(self, pick: int) -> None:
        self.ask("release", self.fence(pick))

    @rule()
    def take_from_lost(self) -> None:
        self.ask("take_from_lost", "exhausted", "unknown", "lost", RETENTION, "out of time", "dropped")

    @rule(seen=st.integers(0, 2))
    def cancel(self, seen: int) -> None:
        self.ask("cancel", "cancelled", RETENTION, seen)

    @rule(
        state=st.sampled_from([InvocationState.SUCCEEDED, InvocationState.FAILED, InvocationState.RETRY_WAIT]),
        timeout=SPANS,
        attempts=st.integers(1, 2),
        early=st.integers(0, 3).map(lambda drawn: drawn == 0),
        decision=st.sampled_from(["", "d", "dd", "e"]),
    )
    def resolve(self, state: InvocationState, timeout: int, attempts: int, early: bool, decision: str) -> None:
        seen = (len(self.keys.record.attempts) if self.keys.record else 0) - early
        self.ask("resolve", state, "decided", "ada", "looked", RETENTION, timeout, attempts, seen, decision)

    @rule(age=st.integers(0, 40))
    def expire_review(self, age: int) -> None:
        self.ask("expire_review", age, "callgate", "the rule", RETENTION)

    @rule(pick=st.integers(0, 5), by_word=st.booleans())
    def discharge(self, pick: int, by_word: bool) -> None:
        owed = sorted(self.keys.obligations) or ["box:none"]
        self.ask("discharge", owed[pick % len(owed)], "MET", *(("author", "ada") if by_word else ()))

    @rule(ahead=st.integers(0, 3))
    def witness(self, ahead: int) -> None:
        mark = self.gateways[self.gateway].mark._replace(number=self.keys.sequence + 1) if ahead == 0 else None
        self.ask("witness", mark=mark)

    @rule()
    def acknowledge(self) -> None:
        self.ask("acknowledge", "ada", "looked")

    @invariant()
    def what_may_not_be_repeated_is_let_go_once(self) -> None:
        record = self.keys.record
        assert record is None or record.repeatable or self.effects <= 1

    def teardown(self) -> None:
        found = divergence(self.history, self.server.play([self.history])[0])
        assert found is None, str(found)


@pytest.mark.slow
def test_any_calls_in_any_order_are_answered_as_the_specification_says(server: Server) -> None:
    server.load(LEDGER)
    run_state_machine_as_test(
        lambda: Machine(server),  # type: ignore[arg-type]  # typed as a class, documented as any factory
        settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=True),
    )
