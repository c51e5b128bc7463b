"""The gateway answers before boxes are made: where all want the same processors, it comes first.

To make a box takes its engine a tenth of a second of work. Callers who are refused, who cancel or who ask for health would wait
for that; and so would every step of a call that is under way.
"""

import os
from contextlib import suppress
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

CURE = "Give the gateway CAP_SYS_NICE, or set CALLGATE_NICENESS=0: then it waits with all others for a busy processor."


def come_first(niceness: int, pid: int = 0) -> None:
    """Give a process this nice value (nice(2)), and to its session, where it leads one (sched(7), autogroup). 0: leave it.

    Where that is not allowed, this is logged, and the process stays as it is.
    """
    if not niceness:
        return
    try:
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    except PermissionError:
        log.warning("not_before_others", niceness=niceness, cure=CURE)
        return
    _let_session_come_first(niceness, pid or os.getpid())


def _let_session_come_first(niceness: int, pid: int) -> None:
    """Linux shares processors among sessions first, where it groups them; the nice value counts only within one."""
    with suppress(OSError):  # no such groups here, or another process leads the session
        if os.getsid(pid) == pid:
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
