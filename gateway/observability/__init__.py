"""What other tools see of a gateway: traces, metrics, logs.

Knows: OpenTelemetry, structlog, the values of a call. Must not know: how anything is decided or done.
"""
