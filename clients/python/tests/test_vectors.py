"""What the SDKs of all languages must say alike is in `clients/vectors`, as this SDK says it."""

from pathlib import Path

import pytest

from scripts.vectors import texts

FILES = list(texts())


@pytest.mark.parametrize(("path", "text"), FILES, ids=[path.stem for path, _ in FILES])
def test_the_vectors_are_what_this_sdk_says(path: Path, text: str) -> None:
    assert path.read_text() == text, "run `python -m scripts.vectors`, and see what became of keys that agents hold"
