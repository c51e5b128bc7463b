"""Every style, exploded and not, of every type in every place: the wire form as OpenAPI's own tables and RFC 6570 give it."""

from typing import Any

import pytest

from registry.calling.request import build
from registry.model.errors import RequestRefused
from registry.model.tool import JsonObject
from tests.registry.conftest import CompileTool

SERVER = "https://api.example.com/v1"

# The values of OpenAPI 3.1.1, §4.8.12.4.
EMPTY, BLUE, COLORS, RGB = "", "blue", ["blue", "black", "brown"], {"R": 100, "G": 200, "B": 150}


def _operation(where: str, **more: Any) -> JsonObject:
    return {"parameters": [{"name": "color", "in": where, "schema": {}, **more}], "responses": {}}


# fmt: off
PATHS = [
    # style, explode, value, what stands in the path
    ("simple", False, BLUE, "blue"),
    ("simple", False, COLORS, "blue,black,brown"),
    ("simple", False, RGB, "R,100,G,200,B,150"),
    ("simple", True, BLUE, "blue"),
    ("simple", True, COLORS, "blue,black,brown"),
    ("simple", True, RGB, "R=100,G=200,B=150"),
    ("simple", False, 1.5, "1.5"),
    ("simple", False, True, "true"),
    ("simple", False, [1, "a,b"], "1,a%2Cb"),
    ("simple", True, {"a=b": "c,d"}, "a%3Db=c%2Cd"),
    ("simple", False, [["x"], {"a": 1}], "%5B%22x%22%5D,%7B%22a%22%3A1%7D"),
    ("label", False, BLUE, ".blue"),
    ("label", False, COLORS, ".blue,black,brown"),
    ("label", False, RGB, ".R,100,G,200,B,150"),
    ("label", True, BLUE, ".blue"),
    ("label", True, COLORS, ".blue.black.brown"),
    ("label", True, RGB, ".R=100.G=200.B=150"),
    ("label", False, 7, ".7"),
    ("label", False, False, ".false"),
    ("matrix", False, EMPTY, ";color"),
    ("matrix", False, BLUE, ";color=blue"),
    ("matrix", False, COLORS, ";color=blue,black,brown"),
    ("matrix", False, RGB, ";color=R,100,G,200,B,150"),
    ("matrix", True, EMPTY, ";color"),
    ("matrix", True, BLUE, ";color=blue"),
    ("matrix", True, COLORS, ";color=blue;color=black;color=brown"),
    ("matrix", True, RGB, ";R=100;G=200;B=150"),
    ("matrix", True, ["a;b", ""], ";color=a%3Bb;color"),
    ("matrix", False, 3, ";color=3"),
]
QUERIES = [
    # style, explode, value, the query
    ("form", False, EMPTY, "color="),
    ("form", False, BLUE, "color=blue"),
    ("form", False, COLORS, "color=blue,black,brown"),
    ("form", False, RGB, "color=R,100,G,200,B,150"),
    ("form", False, [], ""),
    ("form", False, {}, ""),
    ("form", False, [1, "a,b"], "color=1,a%2Cb"),
    ("form", True, EMPTY, "color="),
    ("form", True, BLUE, "color=blue"),
    ("form", True, COLORS, "color=blue&color=black&color=brown"),
    ("form", True, RGB, "R=100&G=200&B=150"),
    ("form", True, [], ""),
    ("form", True, {}, ""),
    ("form", True, "a b&c=d", "color=a%20b%26c%3Dd"),
    ("form", True, "+", "color=%2B"),
    ("form", True, "é/?#[]@", "color=%C3%A9%2F%3F%23%5B%5D%40"),
    ("form", True, 0.000001, "color=0.000001"),
    ("form", True, False, "color=false"),
    ("form", True, {"a": [1, 2], "b": {"c": 1}}, "a=1&a=2&b=%7B%22c%22%3A1%7D"),
    ("form", True, [{"a": 1}], "color=%7B%22a%22%3A1%7D"),
    ("spaceDelimited", False, COLORS, "color=blue%20black%20brown"),
    ("spaceDelimited", False, RGB, "color=R%20100%20G%20200%20B%20150"),
    ("spaceDelimited", False, BLUE, "color=blue"),
    ("spaceDelimited", True, COLORS, "color=blue&color=black&color=brown"),
    ("pipeDelimited", False, COLORS, "color=blue%7Cblack%7Cbrown"),
    ("pipeDelimited", False, RGB, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("pipeDelimited", False, ["a b"], "color=a%20b"),
    ("pipeDelimited", True, COLORS, "color=blue&color=black&color=brown"),
    ("tabDelimited", False, COLORS, "color=blue%09black%09brown"),
    ("deepObject", True, RGB, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("deepObject", True, {"b]": "x"}, "color%5Bb%5D%5D=x"),
    ("deepObject", True, {"a": {"b": 1}, "c": [2, {"d": 3}]},
     "color%5Ba%5D%5Bb%5D=1&color%5Bc%5D%5B0%5D=2&color%5Bc%5D%5B1%5D%5Bd%5D=3"),
    ("deepObject", True, 5, "color=5"),
    ("deepObject", True, {}, ""),
]
HEADERS = [
    # explode, value, the header
    (False, EMPTY, ""),
    (False, BLUE, "blue"),
    (False, COLORS, "blue,black,brown"),
    (False, RGB, "R,100,G,200,B,150"),
    (True, COLORS, "blue,black,brown"),
    (True, RGB, "R=100,G=200,B=150"),
    (False, "a b, c=d; e%20", "a b, c=d; e%20"),
    (False, 7, "7"),
    (False, True, "true"),
]
COOKIES = [
    # explode, value, the Cookie header
    (False, EMPTY, "color="),
    (False, BLUE, "color=blue"),
    (False, COLORS, "color=blue,black,brown"),
    (False, RGB, "color=R,100,G,200,B,150"),
    (True, BLUE, "color=blue"),
    (True, COLORS, "color=blue; color=black; color=brown"),
    (True, RGB, "R=100; G=200; B=150"),
    (True, "a; b=c", "color=a%3B%20b%3Dc"),
    (True, 7, "color=7"),
]
CONTENT = [
    ("query", {"a": [1, None]}, "?color=%7B%22a%22%3A%5B1%2Cnull%5D%7D"),
    ("query", "é", "?color=%22%5Cu00e9%22"),
    ("path", {"a/b": 1}, "/%7B%22a%2Fb%22%3A1%7D"),
    ("header", {"b": "é€😀", "a": 1}, '{"a":1,"b":"\\u00e9\\u20ac\\ud83d\\ude00"}'),
    ("cookie", [1], "color=%5B1%5D"),
]
# fmt: on


@pytest.mark.parametrize(("style", "explode", "value", "written"), PATHS)
def test_path_parameter_is_written_by_its_style(tool: CompileTool, style: str, explode: bool, value: Any, written: str) -> None:
    version = tool("/x/{color}/y", "get", _operation("path", style=style, explode=explode))
    assert build(version, {"color": value}).url == f"{SERVER}/x/{written}/y"


@pytest.mark.parametrize(("style", "explode", "value", "written"), QUERIES)
def test_query_parameter_is_written_by_its_style(
    tool: CompileTool, style: str, explode: bool, value: Any, written: str
) -> None:
    version = tool("/x", "get", _operation("query", style=style, explode=explode))
    assert build(version, {"color": value}).url == f"{SERVER}/x" + (f"?{written}" if written else "")


@pytest.mark.parametrize(("explode", "value", "written"), HEADERS)
def test_header_parameter_is_written_by_its_style(tool: CompileTool, explode: bool, value: Any, written: str) -> None:
    version = tool("/x", "get", _operation("header", explode=explode))
    assert ("color", written) in build(version, {"color": value}).headers


@pytest.mark.parametrize(("explode", "value", "written"), COOKIES)
def test_cookie_parameter_is_written_by_its_style(tool: CompileTool, explode: bool, value: Any, written: str) -> None:
    version = tool("/x", "get", _operation("cookie", explode=explode))
    assert ("Cookie", written) in build(version, {"color": value}).headers


@pytest.mark.parametrize(
    ("where", "style", "value", "written"),
    [
        ("query", None, COLORS, "?color=blue&color=black&color=brown"),
        ("query", "spaceDelimited", COLORS, "?color=blue%20black%20brown"),
        ("query", "pipeDelimited", COLORS, "?color=blue%7Cblack%7Cbrown"),
        ("query", "deepObject", {"R": 1}, "?color%5BR%5D=1"),
        ("path", None, RGB, "/R,100,G,200,B,150"),
        ("path", "label", COLORS, "/.blue,black,brown"),
        ("path", "matrix", COLORS, "/;color=blue,black,brown"),
    ],
)
def test_style_and_explode_have_the_defaults_of_the_specification(
    tool: CompileTool, where: str, style: str | None, value: Any, written: str
) -> None:
    more = {"style": style} if style else {}
    version = tool("/x/{color}" if where == "path" else "/x", "get", _operation(where, **more))
    assert build(version, {"color": value}).url == f"{SERVER}/x{written}"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a/b?c:d@e!f$g'(h)*,;", "a/b?c:d@e!f$g'(h)*,;"),
        ("a&b=c+d#e%2F[f] é", "a%26b%3Dc%2Bd%23e%252F%5Bf%5D%20%C3%A9"),
        (["a,b", "c/d"], "a%2Cb,c/d"),
    ],
)
def test_reserved_characters_stay_where_they_are_allowed_and_change_no_structure(
    tool: CompileTool, value: Any, written: str
) -> None:
    version = tool("/x", "get", _operation("query", allowReserved=True, explode=False))
    assert build(version, {"color": value}).url == f"{SERVER}/x?color={written}"


def test_reserved_characters_are_never_allowed_in_a_path(tool: CompileTool) -> None:
    version = tool("/x/{color}", "get", _operation("path", allowReserved=True))
    assert build(version, {"color": "a/../b"}).url == f"{SERVER}/x/a%2F..%2Fb"


@pytest.mark.parametrize(("where", "value", "written"), CONTENT)
def test_parameter_with_content_is_written_in_its_media_type(tool: CompileTool, where: str, value: Any, written: str) -> None:
    node = {"name": "color", "in": where, "content": {"text/plain": {}, "application/json": {"schema": {}}}}
    request = build(
        tool("/x/{color}" if where == "path" else "/x", "get", {"parameters": [node], "responses": {}}), {"color": value}
    )
    assert written in (
        request.url.removeprefix(f"{SERVER}/x"),
        dict(request.headers).get("color"),
        dict(request.headers).get("Cookie"),
    )


@pytest.mark.parametrize(
    ("where", "more", "value"),
    [
        ("query", {}, [None]),
        ("query", {"style": "deepObject"}, {"a": None}),
        ("query", {"style": "spaceDelimited"}, ["a b"]),
        ("query", {"style": "pipeDelimited"}, ["a|b"]),
        ("header", {}, ["a,b"]),
        ("header", {"explode": True}, {"a=b": 1}),
        ("header", {}, ["a", None]),
        ("path", {}, {"a": None}),
        ("path", {"style": "label"}, ""),
        ("path", {"style": "label"}, "."),
        ("cookie", {}, {"a": None}),
    ],
)
def test_value_that_could_not_be_told_from_another_is_refused(
    tool: CompileTool, where: str, more: JsonObject, value: Any
) -> None:
    version = tool("/x/{color}" if where == "path" else "/x", "get", _operation(where, **more))
    with pytest.raises(RequestRefused):
        build(version, {"color": value})
