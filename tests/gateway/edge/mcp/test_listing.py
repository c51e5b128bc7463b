"""tools/list, by the official client."""

from callgate.testing import FakeGateway

from .conftest import door_of


async def test_a_tool_is_listed_with_what_its_effect_means(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        listed = {one.name: one for one in (await mcp.list_tools()).tools}
    assert sorted(listed) == ["create_order", "get_order"]
    reads, acts = listed["get_order"].annotations, listed["create_order"].annotations
    assert reads is not None and acts is not None
    assert (reads.read_only_hint, reads.destructive_hint, reads.idempotent_hint, reads.open_world_hint) == (True, False, True, True)
    assert (acts.read_only_hint, acts.destructive_hint, acts.idempotent_hint) == (False, True, False)


async def test_all_pages_are_told_once(fake: FakeGateway, mode: str) -> None:
    for number in range(120):
        fake.tool(lambda: None, name=f"tool_{number:03}") if False else fake.tool(name=f"tool_{number:03}")(lambda: None)
    async with door_of(fake, mode) as mcp:
        names, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            page = await mcp.list_tools(cursor=cursor)
            names += [one.name for one in page.tools]
            cursor, pages = page.next_cursor, pages + 1
    assert names == sorted(set(names)) and len(names) == 122
    assert pages == 3
