"""Idempotency keys: one for each logical call."""

from uuid import uuid4


def new_key() -> str:
    """A key that no other call has. Send the same call with the same key as often as needed: it runs once."""
    return str(uuid4())
