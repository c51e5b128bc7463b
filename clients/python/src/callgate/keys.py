"""Idempotency keys: one for each logical call."""

from uuid import uuid4


def new_key() -> str:
    """A key that nobody else has. Keep it, and send the same call with the same key as often as needed: it runs once."""
    return str(uuid4())
