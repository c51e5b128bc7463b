"""What makes an upstream recognise a repeated request, and for how long it does. Pure."""

from uuid import UUID, uuid5

from registry.model.tool import Draft, Effect

_NAMESPACE = UUID("5f0c3c1e-8f0b-4a51-9e5d-3d1a8c0f7b62")


def upstream_key(invocation_id: str) -> str:
    """The idempotency key that the upstream sees: the same for all attempts of an invocation, and of no other.

    A UUID (RFC 9562 §5.5, by name), which every upstream takes. It is made of the invocation's id, in which tenant and caller
    are: one caller's key can never be another's.
    """
    return str(uuid5(_NAMESPACE, invocation_id))


def key_window(draft: Draft) -> float | None:
    """Seconds in which the upstream recognises a repeated request of a KEYED tool; None for any other tool."""
    if draft.effect is not Effect.KEYED:
        return None
    return draft.upstream_key.window if draft.upstream_key else 0.0


def effect_within(effect: Effect, until: float | None, now: float) -> Effect:
    """What a repetition may do now. `until`: the moment at which the upstream forgets the key, None where it never knew it.

    A KEYED tool's is safe only while the upstream still knows the key: not after its window, nor where no header carries a key.
    """
    if effect is not Effect.KEYED or (until is not None and now < until):
        return effect
    return Effect.NON_IDEMPOTENT
