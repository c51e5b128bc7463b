"""A run is recorded, taken out as a file, put in again, and replayed with its upstream gone; on real parts."""

import pytest

from callgate import Client, Mode, Recording
from callgate.errors import RecordingNotFound, ReplayMissed
from callgate.keys import new_key

from .conftest import OpenShop
from .house import House

ORDER = {"body": {"item": "lamp", "quantity": 1}}


def client(house: House, mode: Mode, name: str) -> Client:
    return Client(house.settings["CALLGATE_LISTEN"], token=house.state.token.read_text(), recording=Recording(name, mode))


def test_a_recorded_run_is_replayed_from_a_file_without_a_request_upstream(house: House, shop: OpenShop) -> None:
    name, copy = f"suite-{new_key()}", f"copy-{new_key()}"
    with client(house, Mode.RECORD, name) as recording:
        made = [recording.call("create_order", ORDER).json() for _ in range(2)]
    house.client.recordings.import_file(copy, house.client.recordings.export_file(name))
    before = shop.state.requests
    for _ in range(2):  # each replay counts from the first call
        with client(house, Mode.REPLAY_STRICT, copy) as replaying:
            answers = [replaying.call("create_order", ORDER) for _ in range(2)]
            assert [answer.json() for answer in answers] == made
            assert {answer.outcome_source for answer in answers} == {f"recording:{copy}"}
            with pytest.raises(ReplayMissed):
                replaying.call("create_order", ORDER)
    assert shop.state.requests == before


def test_a_looser_replay_makes_what_it_misses(house: House, shop: OpenShop) -> None:
    with client(house, Mode.REPLAY_OR_LIVE, f"empty-{new_key()}") as replaying:
        made = replaying.call("create_order", ORDER)
        assert not made.from_record, made
    assert len(shop.state.orders) == 1, made


def test_a_recording_that_is_not_there_is_told(house: House) -> None:
    with pytest.raises(RecordingNotFound):
        house.client.recordings.export_file("no-such-recording")
