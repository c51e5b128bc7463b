"""What a model is told of each end of a call: what is known, whether it may call again, and no more than it can read."""

import json
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from callgate import (
    Cancelled,
    Client,
    Effect,
    FaultCode,
    LimitExceeded,
    Result,
    SandboxFailed,
    TimedOut,
    ToolFailed,
    Unknown,
    errors,
)
from callgate.adapters import Answer, CallUnsettled, Place, Standing, Toolbox
from callgate.adapters.bounds import bounded
from callgate.adapters.hints import hints_of
from callgate.adapters.refusals import told
from callgate.adapters.wording import NEVER_AGAIN
from callgate.testing import FakeGateway

Ends = Callable[..., Answer]


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with gateway.client() as client:
        yield client


@pytest.fixture
def ends(gateway: FakeGateway, client: Client) -> Ends:
    """The answer to a call of a tool that does this."""

    def ends(does: Callable[[], Any], effect: Effect = Effect.NON_IDEMPOTENT, **options: Any) -> Answer:
        @gateway.tool(effect=effect)
        def act() -> Any:
            return does()

        toolbox = Toolbox(client, **options)
        (offer,) = toolbox.offers()
        return toolbox.call(offer, {}, Place("run", 1))

    return ends


def refusal(error: errors.CallgateError) -> Callable[[], Any]:
    def refuse() -> None:
        raise error

    return refuse


def _failed(effect_possible: bool, **more: Any) -> ToolFailed:
    return ToolFailed(None, FaultCode.HTTP_STATUS, "HTTP 500", effect_possible, **more)


ACTED = "may have been carried out"
NOTHING = "Nothing was done"


@pytest.mark.parametrize(
    ("outcome", "standing", "words", "may_repeat"),
    [
        (_failed(True), Standing.FAILED, (ACTED, NEVER_AGAIN), False),
        (_failed(False), Standing.FAILED, ("Correct what the answer says",), True),
        (_failed(False, not_done=True, retry_after=7.0), Standing.FAILED, (NOTHING, "again after 7 seconds"), True),
        (Unknown("the answer was lost"), Standing.UNKNOWN, (ACTED, "A person looks into it", NEVER_AGAIN), False),
        (TimedOut("over 30 s", effect_possible=True), Standing.TIMED_OUT, (ACTED, NEVER_AGAIN), False),
        (TimedOut("over 30 s", not_done=True), Standing.TIMED_OUT, (NOTHING, "you may call the tool again"), True),
        (Cancelled(True), Standing.CANCELLED, (ACTED, NEVER_AGAIN), False),
        (Cancelled(False), Standing.CANCELLED, ("unless you are told to",), True),
        (LimitExceeded("response_bytes", "too large", True, 200), Standing.FAILED, ("It was carried out", NEVER_AGAIN), False),
        (SandboxFailed(FaultCode.INTERNAL, "no box", not_done=True), Standing.FAILED, (NOTHING,), True),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, tuple) else "",
)
def test_each_end_says_what_is_known_and_whether_to_call_again(
    ends: Ends, outcome: Any, standing: Standing, words: tuple[str, ...], may_repeat: bool
) -> None:
    answer = ends(lambda: outcome)
    assert (answer.standing, answer.is_error, answer.may_repeat) == (standing, True, may_repeat)
    assert [word for word in words if word not in answer.text] == []
    assert (NEVER_AGAIN in answer.text) == (NEVER_AGAIN in words)


def test_what_does_no_harm_again_is_told_so(ends: Ends) -> None:
    answer = ends(lambda: _failed(True), Effect.READ)
    assert "You may call the tool again: that does no harm." in answer.text
    assert answer.may_repeat


def test_a_success_is_its_text_with_its_value_and_no_note(ends: Ends) -> None:
    answer = ends(lambda: {"id": 7})
    assert (answer.standing, answer.is_error, answer.text, answer.structured) == (
        Standing.SUCCEEDED,
        False,
        '{"id": 7}',
        {"id": 7},
    )
    assert not answer.may_repeat
    assert json.loads(json.dumps(answer.record))["structured_content"] == {"id": 7}


def test_an_empty_answer_is_told_to_be_done(ends: Ends) -> None:
    answer = ends(lambda: Result(204, "", b""))
    assert (answer.text, answer.structured) == ("Done. The answer is empty.", None)


def test_what_is_too_long_for_a_model_is_cut_and_told_and_its_value_kept(ends: Ends) -> None:
    answer = ends(lambda: "x" * 5_000, shown=1_000)
    assert answer.text.endswith("[4,002 of 5,002 characters are left out here.]")
    assert len(answer.text) < 1_100
    assert answer.structured == "x" * 5_000


def test_a_failures_answer_is_shown_and_cut_too(ends: Ends) -> None:
    body = Result(409, "application/json", json.dumps({"error": "sold out" * 500}).encode())
    answer = ends(lambda: ToolFailed(body, FaultCode.HTTP_STATUS, "HTTP 409", False, http_status=409), shown=100)
    assert "The answer was:\n{" in answer.text
    assert "are left out here" in answer.text
    assert answer.structured == {"error": "sold out" * 500}


def test_what_is_not_yet_over_is_told_to_be_under_way_and_is_no_error(gateway: FakeGateway, client: Client) -> None:
    @gateway.tool
    async def slow() -> str:
        await never
        return ""

    never = _Never()
    toolbox = Toolbox(client, wait=0)
    answer = toolbox.call(toolbox.offers()[0], {}, Place("run", 1))
    never.over = True
    assert (answer.standing, answer.is_error, answer.may_repeat) == (Standing.PENDING, False, False)
    assert [
        word for word in ("under way", "goes on by itself", NEVER_AGAIN, answer.invocation_id) if word not in answer.text
    ] == []


class _Never:
    """Awaited until it is over."""

    over = False

    def __await__(self) -> Generator[None, None, None]:
        while not self.over:
            yield


@pytest.mark.parametrize(
    ("error", "standing", "words"),
    [
        (
            errors.ApprovalRequired("no approver is connected"),
            Standing.NEEDS_APPROVAL,
            (NOTHING, "until you are told that it was"),
        ),
        (errors.KeyReused("the key is another's", invocation_id="inv_1"), Standing.KEY_REUSED, ("Do not call", "inv_1")),
        (
            errors.NotPermitted("not for you", cure="Ask the operator."),
            Standing.REFUSED,
            (NOTHING, "refused again", "Ask the op"),
        ),
        (
            errors.ArgumentsInvalid("no", violations=[errors.Violation(f"/{n}", "a text") for n in range(25)]),
            Standing.REFUSED,
            (NOTHING, "- /0: a text", "and 15 more", "Correct them, and call the tool again"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_refusal_says_that_nothing_was_done(
    ends: Ends, error: errors.CallgateError, standing: Standing, words: tuple[str, ...]
) -> None:
    answer = ends(refusal(error))
    assert (answer.standing, answer.is_error) == (standing, True)
    assert [word for word in words if word not in answer.text] == []


@pytest.mark.parametrize("error", [errors.ConnectionBroken, errors.PoolExhausted, errors.Unauthenticated])
def test_what_leaves_the_end_open_is_raised_in_words_for_a_model(
    gateway: FakeGateway, client: Client, error: type[errors.CallgateError]
) -> None:
    @gateway.tool
    def act() -> str:
        return "done"

    toolbox = Toolbox(client)
    (offer,) = toolbox.offers()
    gateway.refuse(error("it went wrong"), times=1_000)
    with pytest.raises(CallUnsettled, match="may have been carried out") as raised:
        toolbox.call(offer, {}, Place("run", 1))
    assert NEVER_AGAIN in str(raised.value)
    assert isinstance(raised.value.__cause__, error)
    assert raised.value.idempotency_key == client.run("run").key("act", {}, step=1)


def test_a_message_that_was_too_large_may_have_been_the_answer() -> None:
    with pytest.raises(CallUnsettled, match="may have been carried out"):
        told(errors.MessageTooLarge("over 4 MiB"))


def test_what_the_program_does_wrong_is_not_told_to_a_model(gateway: FakeGateway) -> None:
    @gateway.tool
    def act() -> str:
        return "done"

    with gateway.client() as client:
        toolbox = Toolbox(client)
        (offer,) = toolbox.offers()
    with pytest.raises(errors.RequestInvalid, match="closed"):
        toolbox.call(offer, {}, Place("run", 1))


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert bounded("abc", 3) == "abc"
    assert bounded("abcd", 3) == "abc\n\n[1 of 4 characters are left out here.]"


@pytest.mark.parametrize("effect", list(Effect))
def test_hints_promise_no_more_than_the_effect_does(effect: Effect) -> None:
    hints = hints_of(effect).annotations
    reads = effect in (Effect.PURE, Effect.READ)
    assert hints["readOnlyHint"] == reads
    assert hints["destructiveHint"] != reads
    assert hints["idempotentHint"] == (reads or effect is Effect.IDEMPOTENT)


@pytest.mark.parametrize("effect", [Effect.NON_IDEMPOTENT, Effect.READ])
def test_no_model_calls_again_for_an_answer_that_no_view_can_be_made_of(ends: Ends, effect: Effect) -> None:
    answer = ends(
        lambda: ToolFailed(None, FaultCode.VIEW_FAILED, "no view", effect is not Effect.READ, http_status=200), effect
    )
    assert "It was carried out" in answer.text
    assert (NEVER_AGAIN in answer.text, answer.may_repeat) == (effect is not Effect.READ, effect is Effect.READ)
    assert "You may call" not in answer.text


@pytest.mark.parametrize(("error", "why"), [(errors.RunKilled, "stopped from outside"), (errors.RunEnded, "has ended")])
def test_a_run_that_is_over_is_raised_in_words_that_let_a_model_stop(error: type[errors.CallgateError], why: str) -> None:
    refused = error("the run 7 is over", cure="`callgate run show` says who has killed the run.")
    with pytest.raises(error, match="make no further calls") as raised:
        told(refused)
    assert (why in raised.value.message, "callgate run" in raised.value.message) == (True, False)
    assert (raised.value.cure, raised.value.__cause__) == (refused.cure, refused)


def test_a_model_reads_but_once_that_a_call_may_have_acted(ends: Ends) -> None:
    for outcome in (Cancelled(True), _failed(True), TimedOut("over 30 s", effect_possible=True)):
        answer = ends(lambda outcome=outcome: outcome)
        assert ("may have had an effect" in answer.text) + (ACTED in answer.text) == 1
