"""The values that every room of the gateway shares: who calls, what is kept of a call, what can be set, what is refused.

Knows: the values of the registry and of the sandbox. Must not know: any other room.
"""
