"""How much of a text a model is shown. What is left out is named."""

#: Characters of an answer that a model is shown, where its adapter says no other number.
SHOWN = 20_000
#: Characters of what the gateway says of a call.
SAID = 2_000


def bounded(text: str, limit: int) -> str:
    """The text's beginning, of at most `limit` characters, and behind it how much is left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n\n[{len(text) - limit:,} of {len(text):,} characters are left out here.]"
