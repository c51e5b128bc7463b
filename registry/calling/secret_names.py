"""Names that say that a value is secret.

They are those by which the standards call what authenticates (RFC 6749 `client_secret`, `password`, the tokens; RFC 7519 JWT;
RFC 4226 and 6238 one-time passwords; RFC 6265 cookies; RFC 9110 §11 Authorization), and the data that the OWASP Logging Cheat
Sheet ("Data to exclude") wants in no log: passwords, keys, what a payment card and a bank account have. Each also in its short
form, and in the plural.
"""

import re
from typing import Any

from registry.model.tool import JsonObject

_SECRET = re.compile(
    r"pass(word|wd|phrase|code)|pwd|secret|token|api.?key|access.?key|credential|authorization|cookie|jwt|private.?key|cvv|cvc"
    r"|\bpin\b|iban|ssn|card.?number|(?<![a-z])(pass(es)?|[th]?otps?)(?![a-z])|(?-i:(?<=[a-z0-9])(Pass(es)?|Otps?)(?![a-z]))",
    re.IGNORECASE,
)
#: The names of secrets that are written in digits, and may be a number: others have none, as `max_tokens`.
_IN_DIGITS = re.compile(r"cvv|cvc|\bpin\b|ssn|card.?number|passcode|(?<![a-z])[th]?otps?(?![a-z])", re.IGNORECASE)

_NAMES, _VALUES = ("name", "key", "header", "field"), ("value", "values", "val")
_OF_SCHEMAS = ("$ref", "anyOf", "oneOf", "allOf", "enum", "const")
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


def is_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def is_in_digits(name: str) -> bool:
    return _IN_DIGITS.search(name) is not None


def named_value(pair: JsonObject) -> tuple[str, str]:
    """Of an object that is one name and its value, as `{"name": "Authorization", "value": …}`: that name, and the member with
    the value. Empty of any other."""
    members = {member.lower(): member for member in pair}
    name = next((pair[members[one]] for one in _NAMES if one in members), None)
    value = next((members[one] for one in _VALUES if one in members), "")
    return (name, value) if isinstance(name, str) and value else ("", "")


def is_declaration(parent: str, value: Any) -> bool:
    """Whether a schema says with this what values of the name are like: it has none."""
    if parent != "properties" or not isinstance(value, dict):
        return False
    kind = value.get("type")
    return (isinstance(kind, str) and kind in _TYPES) or isinstance(kind, list) or any(one in value for one in _OF_SCHEMAS)
