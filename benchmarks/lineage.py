"""What knowing its history costs the ledger: part of `make bench B=ledger`.

- lineage_transition_ratio: how much longer a whole life takes its caller (claim, oblige, dispatch, record, two discharges) with
  the ring, the marks, the epochs and the permission log on the disk, than with none of them. One life after another.
- lineage_cost_ratio: the same where 32 lives at a time keep gateway and server busy: how many fewer they do in a second.

The same code, on the same server, each with a tenant of its own; the Functions and the log alternate in short rounds, and a
ratio is the median of the pairs' ratios.
"""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path

from benchmarks.figures import median, show
from gateway.model.principal import Principal
from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger

LIBRARY = files("gateway.records.redis").joinpath("ledger.lua").read_text()

#: What is left out of the Functions. Each is there once.
CUT = {
    "look(K, A[1], { number = tonumber(A[2]), nonce = A[3], epoch = tonumber(A[4]) })": "{ epoch = 1 }",
    "  redis.call('SETRANGE', K[10], seq % RING * 8, step_nonce)\n": "",
    "(name == 'dispatch' and recall_all or recall)(K)": "recall(K)",
    "last_told and step_nonce or nonce_at(K, last)": "''",
    "return { 'OK', acts(K) and packed(K) or nil }": "return { 'OK' }",
}


class NoLog(PermissionLog):
    """Keeps nothing."""

    def keep(self, tenant: str, id: str, mark: Mark, packed: bytes, *, alive: bool = True) -> None: ...


def without_lineage() -> str:
    library = LIBRARY
    for text, instead in CUT.items():
        if library.count(text) != 1:
            raise AssertionError(f"the Functions have changed: {text!r} is there {library.count(text)} times")
        library = library.replace(text, instead)
    return library


#: A caller's lives in a second, through a ledger, so many at a time.
Rate = Callable[[RedisLedger, Principal, int], Awaitable[float]]
FIGURES = {"lineage_transition_ratio": 1, "lineage_cost_ratio": 32}

KNOWING, BLIND = Principal("knowing", "planner", "ada"), Principal("blind", "planner", "ada")


async def measure_lineage(store: Store, state: Path, rate: Rate, rounds: int) -> None:
    """`rate` measures one round."""
    with_it, without = Witness(state), Witness()
    without.permissions = NoLog()
    bare, whole = (without_lineage(), without, BLIND), (LIBRARY, with_it, KNOWING)
    ratios: dict[str, list[float]] = {name: [] for name in FIGURES}
    for turn in range(rounds):
        rates = {}
        for library, witness, caller in (bare, whole) if turn % 2 else (whole, bare):  # who comes second finds another machine
            await store.load_library(library)
            ledger = RedisLedger(store, witness=witness)
            rates[caller] = {name: await rate(ledger, caller, at_once) for name, at_once in FIGURES.items()}
        for name, found in ratios.items():
            found.append(rates[BLIND][name] / rates[KNOWING][name])
    with_it.release()
    for name, found in ratios.items():
        show(name, median(found), "ratio")
