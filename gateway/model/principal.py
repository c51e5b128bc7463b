"""Who calls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller. `tenant` owns the records, `agent` is the program, `subject` the one it acts for."""

    tenant: str
    agent: str
    subject: str
