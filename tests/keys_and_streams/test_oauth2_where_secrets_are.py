"""The client's secret and its tokens are in Vault, in boxes and with the API, and in no gateway's memory, log or record."""

import secrets
from pathlib import Path

from callgate import Succeeded
from tests.e2e.house import eventually
from tests.isolation.memory import copies

from .token_api import TokenApi, granted


def test_no_gateway_has_the_clients_secret_or_a_token_in_its_memory(api: TokenApi) -> None:
    words = {name: f"{name}-{secrets.token_hex(12)}" for name in ("client_secret", "refresh_token")}
    access, refresh = (f"{name}-{secrets.token_hex(12)}" for name in ("access", "refresh"))
    api.secret |= words
    api.offer({"grant": "refresh_token", "auth": "post"})
    api.grants(granted(access, refresh_token=refresh))
    api.serves()
    invocation = api.call()
    assert isinstance(invocation.outcome, Succeeded)
    processes = [api.out.house.gateway.pid, *tree(api.out._process.pid)]
    assert any(copies(pid, api.name.encode()) for pid in processes)  # what a gateway knows is found
    for word in (*words.values(), access, refresh):
        assert {pid: copies(pid, word.encode()) for pid in processes} == dict.fromkeys(processes, 0)
        assert word not in repr(invocation) + api.out.log.read_text()


def test_a_calls_box_may_read_the_token_and_not_the_clients_secret(api: TokenApi) -> None:
    report = api.offer().report
    house = api.out.house
    (call, *_), (box,) = [one for one in report.roles if not one.keeps_at], {one for one in report.roles if one.keeps_at}
    assert call.secret_path == box.keeps_at
    assert box.secret_path == api.path
    assert box.keeps_at.startswith(f"{api.path}/tokens/")
    policy = house.vault("GET", f"sys/policies/acl/{call.name}")["data"]["policy"]
    assert f'"{api.path}"' not in policy
    policy = house.vault("GET", f"sys/policies/acl/{box.name}")["data"]["policy"]
    assert f'"{box.keeps_at}": {{"capabilities": ["create", "read", "update"]}}' in policy
    assert house.vault("GET", f"auth/token/roles/{box.name}")["data"]["token_num_uses"] == 6


def test_the_tokens_of_vaults_that_boxes_had_are_gone_soon(api: TokenApi) -> None:
    api.offer()
    api.grants(granted())
    api.serves()
    assert isinstance(api.call().outcome, Succeeded)
    eventually(lambda: api.out.house.live_tokens() == [], what="the end of the boxes' tokens")


def tree(pid: int) -> list[int]:
    """A process and all that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in tree(int(child)))]
