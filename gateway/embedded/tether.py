"""Become another program that dies with the process that started it: `tether.py PARENT_PID SIGNAL PROGRAM [ARGUMENT]...`

Run as a script of its own rather than between fork and exec, where a process with threads may not do this much. Linux only
(PR_SET_PDEATHSIG, prctl(2)); the request survives exec.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, number, *command = arguments
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent):
        sys.exit("the starting process ended first")  # before prctl, so no signal will come
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
