"""Agents as small programs, to be killed and started again, and the upstream that counts what they do.

An agent reads from its environment where the gateway is (as the SDK does), which run it is (AGENT_RUN) and where it is to stop
(STOP_AT), and from its command line where it keeps its state and how it is to behave. Only the upstream knows what was done.
"""
