"""What `format` is to a tool."""

from enum import StrEnum


class Formats(StrEnum):
    """What a schema's `format` is to the gateway, where it is one that real APIs bend (`registry/schema/validators.py`)."""

    LABELS = "labels"  # words for the model: the API itself says what it takes
    STRICT = "strict"  # a bound, as JSON Schema's vocabulary of assertions has it
