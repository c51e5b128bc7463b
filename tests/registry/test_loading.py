from registry.loading import load

YAML = b"""\
openapi: 3.1.0
paths: {}
x:
  yes: no
  date: 2024-01-01
  200: [1, 0x1F, 0o17, 1.5, -2e3, .5, 017, 1_000, 12:30:00]
  null: [null, ~, Null, ]
  quoted: ["1", 'true', !!str 5]
  flags: [true, True, FALSE]
  big: 123456789012345678901234567890
  block: |
    a
    b
  twice: [&a {b: 1}, *a]
"""


def test_yaml_is_read_by_the_core_schema_of_1_2() -> None:
    assert load(YAML)["x"] == {
        "yes": "no",
        "date": "2024-01-01",
        "200": [1, 31, 15, 1.5, -2000.0, 0.5, 17, "1_000", "12:30:00"],
        "null": [None, None, None],
        "quoted": ["1", "true", "5"],
        "flags": [True, True, False],
        "big": 123456789012345678901234567890.0,
        "block": "a\nb\n",
        "twice": [{"b": 1}, {"b": 1}],
    }


def test_byte_order_mark_and_leading_space_are_tolerated() -> None:
    assert load(b'\xef\xbb\xbf \n{"openapi": "3.0.3", "paths": {}}')["openapi"] == "3.0.3"
    assert load(b"\xef\xbb\xbfopenapi: 3.0.3\npaths: {}")["openapi"] == "3.0.3"


def test_version_that_yaml_reads_as_a_number_is_a_version() -> None:
    assert load(b"openapi: 3.1\npaths: {}")["paths"] == {}
