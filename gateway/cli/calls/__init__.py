"""The commands of callers and reviewers: `tools`, `try`, `call`, `cancel`, `show`, `review`, `run`.

Knows: the gateway through the SDK. Must not know: the gateway's configuration and parts, or the other rooms' commands.
"""
