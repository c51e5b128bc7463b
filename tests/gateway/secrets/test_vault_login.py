"""When AppRole logs in: once for all callers that wait, before the token ends, and not again for each forbidden path."""

import asyncio
from collections.abc import Callable

from gateway.secrets.vault_login import AppRole, JsonObject


class Desk:
    """Counts the logins, and holds the first one up until told."""

    def __init__(self, lifetime: float) -> None:
        self.logins = 0
        self.lifetime = lifetime
        self.open = asyncio.Event()

    async def post(self, path: str, body: JsonObject) -> JsonObject:
        assert (path, body) == ("auth/approle/login", {"role_id": "role", "secret_id": "secret"})
        self.logins += 1
        await self.open.wait()
        return {"auth": {"client_token": f"token-{self.logins}", "lease_duration": self.lifetime}}


async def test_callers_that_arrive_together_share_one_login(identity_files: Callable[[str, str], AppRole]) -> None:
    login, desk = identity_files("role", "secret"), Desk(1200)
    waiting = [asyncio.create_task(login.ticket(desk.post)) for _ in range(20)]
    await asyncio.sleep(0)
    desk.open.set()
    assert {ticket.token for ticket in await asyncio.gather(*waiting)} == {"token-1"}
    assert desk.logins == 1


async def test_a_token_near_its_end_is_replaced_before_it_is_refused(identity_files: Callable[[str, str], AppRole]) -> None:
    login, desk = identity_files("role", "secret"), Desk(1e-9)
    desk.open.set()
    await login.ticket(desk.post)
    await login.ticket(desk.post)
    assert desk.logins == 2


async def test_a_forbidden_path_costs_one_login_and_not_one_for_each_request(
    identity_files: Callable[[str, str], AppRole],
) -> None:
    login, desk = identity_files("role", "secret"), Desk(1200)
    desk.open.set()
    for _ in range(10):
        ticket = await login.ticket(desk.post)
        await login.ticket(desk.post, refused=ticket)
    assert desk.logins == 2
