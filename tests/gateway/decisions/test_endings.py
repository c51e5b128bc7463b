"""What is said of a call that was not answered: why, and no more than once that it may have acted."""

from gateway.decisions.endings import cancelled
from gateway.model.invocation import Verdict
from gateway.records.ledger.lost_attempts import unknown_outcome
from registry.model.tool import Effect


def test_that_a_call_may_have_acted_is_what_its_verdict_says_and_not_its_message() -> None:
    for outcome in (cancelled(Effect.NON_IDEMPOTENT, sent=True), unknown_outcome()):
        assert (outcome.verdict, outcome.effect_possible) == (Verdict.UNKNOWN, True)
        assert "may have acted" not in outcome.message
        assert "had let the request go" in outcome.message or "had been let go" in outcome.message
