"""`client.runs`: runs of agents as the gateway keeps them, from which another process goes on."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

from callgate import run_records as messages
from callgate.artifacts import Artifact
from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.keys import new_call_token
from callgate.retry import READ
from callgate.run_records import NO_LABELS, RunRecord, RunStatus, RunSummary
from callgate.session import Noun


class AsyncRuns(Noun):
    """Runs of agents: a plan, a state that is saved step by step, and an end. `client.run` goes on with one.

    A run is its caller's. `agent` and `subject` name another caller's, both of them: for who may review or operate.
    """

    async def start(self, run_id: str, plan: bytes = b"", *, labels: Mapping[str, str] = NO_LABELS) -> RunRecord:
        """Begin a run, or find how the one of this name stands, whichever process has begun it. The plan never changes.

        Raises RunPlanDiffers where it was begun with another plan, QuotaExceeded.
        """
        answer = await self._session.send(self._session.runs.StartRun, partial(messages.start, run_id, plan, labels), READ)
        return messages.record_from(answer.run)

    async def get(self, run_id: str, *, agent: str = "", subject: str = "") -> RunRecord:
        """A run with its plan and its state. Raises RunNotFound."""
        request = partial(messages.get, run_id, agent, subject)
        return messages.record_from((await self._session.send(self._session.runs.GetRun, request, READ)).run)

    async def list(
        self, *, statuses: Sequence[RunStatus] = (), labels: Mapping[str, str] = NO_LABELS
    ) -> AsyncIterator[RunSummary]:
        """The runs that this caller may see, the one that was started last first: its own, and its tenant's where it may review
        or operate. In one of the statuses, and with all of the labels. Pages come as they are asked for."""
        async for page in self._session.pages(self._session.runs.ListRuns, messages.wanted(statuses, labels)):
            for one in page.runs:
                yield messages.summary_from(one)

    async def save(self, run_id: str, state: bytes | Artifact, *, version: int) -> int:
        """Put a state in the place of `version`, the one that this process has seen last. Returns the version that it is.

        At most 1 MiB, or the artifact that has more. Raises RunStateMoved where another process has saved since, RunStateLost
        where the store has an older one than `version`, RunEnded, RunKilled, QuotaExceeded.
        """
        request = partial(messages.save, run_id, state, version, new_call_token())
        return int((await self._session.send(self._session.runs.SaveRunState, request, READ)).version)

    async def end(self, run_id: str, *, status: RunStatus = RunStatus.SUCCEEDED, reason: str = "") -> RunSummary:
        """Say how a run has ended: SUCCEEDED or FAILED. No call of it begins any more, and those that wait are cancelled.

        Raises RunEnded or RunKilled where it has ended otherwise.
        """
        answer = await self._session.send(self._session.runs.EndRun, partial(messages.end, run_id, status, reason), READ)
        return messages.summary_from(answer.run)

    async def kill(self, run_id: str, reason: str, *, agent: str = "", subject: str = "") -> RunSummary:
        """Stop a run from outside, an own one or, for operators, any of the tenant's. One that is over stays as it is."""
        request = partial(messages.kill, run_id, reason, agent, subject)
        return messages.summary_from((await self._session.send(self._session.runs.KillRun, request, READ)).run)


class Runs(BlockingNoun[AsyncRuns]):
    """Runs of agents: a plan, a state that is saved step by step, and an end. `client.run` goes on with one.

    A run is its caller's. `agent` and `subject` name another caller's, both of them: for who may review or operate.
    """

    start = blocking(AsyncRuns.start)
    get = blocking(AsyncRuns.get)
    list = iterating(AsyncRuns.list)
    save = blocking(AsyncRuns.save)
    end = blocking(AsyncRuns.end)
    kill = blocking(AsyncRuns.kill)
