"""What a box may not do: its container's configuration, whole, with the reason for each line.

Knows: the Engine API's words for a container, seccomp, kernel calls, runtimes. Must not know: how the engine is spoken to, how
many boxes there are, what a job is. It makes values and has no state.
"""
