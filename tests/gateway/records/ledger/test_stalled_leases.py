"""Which of the leases that lie far ahead are given up."""

from gateway.records.ledger.stalled_leases import PATIENCE, StalledLeases


def test_a_lease_is_given_up_when_it_was_not_prolonged_for_long() -> None:
    now = [0.0]
    unmoved = StalledLeases(lambda: now[0])
    assert unmoved.of("acme", {"dead": 5000.0, "alive": 5000.0}) == []
    now[0] = PATIENCE / 2
    assert unmoved.of("acme", {"dead": 5000.0, "alive": 5001.0}) == []
    now[0] = PATIENCE
    assert unmoved.of("acme", {"dead": 5000.0, "alive": 5001.0}) == ["dead"]


def test_a_lease_that_came_back_is_watched_anew() -> None:
    now = [0.0]
    unmoved = StalledLeases(lambda: now[0])
    unmoved.of("acme", {"one": 5000.0})
    now[0] = PATIENCE
    assert unmoved.of("acme", {}) == []
    assert unmoved.of("acme", {"one": 5000.0}) == []
