"""`callgate toolset publish`, `withdraw` and `published`: what is asked of the gateway, and what is said."""

import json

from google.protobuf.timestamp_pb2 import Timestamp

from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import tool_pb2
from tests.cli.conftest import Callgate, Gateway


def test_a_toolset_is_published_and_taken_back(callgate: Callgate, gateway: Gateway) -> None:
    assert "orders is published to globex\n" in callgate("toolset", "publish", "orders", "--to", "globex").stdout
    done = callgate("toolset", "withdraw", "orders", "--from", "globex", "--owner", "acme")
    assert "orders is published to globex no more\n" in done.stdout
    asked = [
        (one.publication.owner, one.publication.toolset, one.publication.tenant, one.withdrawn) for one in gateway.requests
    ]
    assert asked == [("", "orders", "globex", False), ("acme", "orders", "globex", True)]


def test_what_is_published_is_listed_with_who_did_it(callgate: Callgate) -> None:
    done = callgate("toolset", "published")
    for told in ("acme", "orders", "globex", "kim (cli), 2023-11-14 22:13"):
        assert told in done.stdout
    (one,) = json.loads(callgate("toolset", "published", "-o", "json").stdout)
    assert (one["tenant"], one["subject"], one["at"]) == ("globex", "kim", "2023-11-14T22:13:20+00:00")


def test_the_status_tells_who_did_what(callgate: Callgate, gateway: Gateway) -> None:
    at = Timestamp(seconds=1_700_000_000)
    acts = [catalog.VersionAct(deed="VERSION_DEED_IMPORTED", agent="cli", subject="ada", act_time=at)]
    status = catalog.VersionStatus(version="1.0.0", state=tool_pb2.VERSION_STATE_ACTIVE, acts=acts)
    gateway.versions = [catalog.ToolVersions(name="a", toolset="orders", versions=[status])]
    assert "imported by ada (cli), 2023-11-14 22:13" in callgate("toolset", "status").stdout
