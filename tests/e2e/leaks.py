"""Where a secret is that must not be there."""

import base64


def forms(secret: str) -> list[bytes]:
    """The secret as it is, in hex, and in base64 at any distance from the start of a longer text."""
    raw = secret.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    for shift in range(3):
        # What depends on neighbouring bytes alone is cut off: up to two characters in front, and the last group.
        encoded = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
        inner = encoded[(0, 2, 3)[shift] : len(encoded) - 1]
        found += [inner, inner.translate(bytes.maketrans(b"+/", b"-_"))]
    return found


def leaks(secrets: list[str], places: dict[str, bytes]) -> list[str]:
    """The names of the places that hold one of the secrets, in any form."""
    needles = [needle for secret in secrets for needle in forms(secret)]
    return [place for place, content in places.items() if any(needle in content for needle in needles)]
