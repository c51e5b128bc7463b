"""Embeddings by a small model on one processor: all-MiniLM-L6-v2 or its like, as ONNX (Reimers and Gurevych, EMNLP 2019).

Vectors are kept as whole numbers from -127 to 127: a quarter of the memory, and the same tools are found.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from gateway.search.nearness import Vectors
from gateway.search.word_pieces import WordPieces, read_vocabulary

#: Pieces of a text that the model reads: what it was trained on has no more.
_PIECES = 128
#: Texts that are embedded at once, and vectors that are compared at once.
_AT_ONCE, _ROWS = 8, 4_096
_FULL = 127.0
#: Where a sentence ends; its words at least; how many are looked at; and what nearness to one counts.
_ENDS = re.compile(r"[.?!;\n]+")
_WORDS, _SENTENCES, _SENTENCE = 4, 6, 0.9
#: Dimensions of an output that has a vector for each text already, and not for each piece.
_OF_TEXTS = 2


class MiniLm:
    """The model of a directory: `model.onnx`, and `tokenizer.json` or `vocab.txt`."""

    def __init__(self, directory: Path) -> None:
        """Raises OSError, ValueError or RuntimeError where the directory has no such model."""
        vocabulary = next((one for name in ("tokenizer.json", "vocab.txt") if (one := directory / name).exists()), None)
        if vocabulary is None or not (directory / "model.onnx").exists():
            raise ValueError(f"{directory} must have model.onnx, and tokenizer.json or vocab.txt")
        self._pieces = WordPieces(read_vocabulary(vocabulary))
        options = ort.SessionOptions()
        # One thread: calls need the processors, too.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(str(directory / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self._inputs = [one.name for one in self._session.get_inputs()]

    def vectors(self) -> Vectors:
        return _Vectors(self)

    def embed(self, texts: Sequence[str]) -> Any:
        """One row of length 1 for each text: the mean of its pieces' vectors."""
        rows = [self._some(texts[at : at + _AT_ONCE]) for at in range(0, len(texts), _AT_ONCE)]
        return np.concatenate(rows)

    def _some(self, texts: Sequence[str]) -> Any:
        numbers = [self._pieces.numbers(text, _PIECES) for text in texts]
        longest = max(map(len, numbers))
        ids, mask = np.zeros((len(texts), longest), np.int64), np.zeros((len(texts), longest), np.int64)
        for row, found in enumerate(numbers):
            ids[row, : len(found)], mask[row, : len(found)] = found, 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (told, *_) = self._session.run(None, {name: given[name] for name in self._inputs})
        mean = told if told.ndim == _OF_TEXTS else (told * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
        return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)


class _Vectors:
    def __init__(self, model: MiniLm) -> None:
        self._model = model
        self._names: list[str] = []
        self._rows: Any = None

    @property
    def size(self) -> int:
        return 0 if self._rows is None else int(self._rows.nbytes) + 120 * len(self._names)

    def put(self, texts: Mapping[str, str]) -> None:
        self.keep(lambda name: name not in texts)
        added = np.rint(self._model.embed(list(texts.values())) * _FULL).astype(np.int8)
        rows = added if self._rows is None else np.concatenate([self._rows, added])
        self._names, self._rows = [*self._names, *texts], rows

    def keep(self, names: Callable[[str], bool]) -> None:
        kept = [number for number, name in enumerate(self._names) if names(name)]
        if len(kept) < len(self._names):
            self._names, self._rows = [self._names[number] for number in kept], self._rows[kept]

    def nearest(self, query: str, wanted: Callable[[str], bool], most: int, also: Collection[str]) -> Mapping[str, float]:
        names, rows = self._names, self._rows
        if rows is None or not names:
            return {}
        # Apart, for texts that are embedded together all cost as much as the longest.
        asked = [self._model.embed([query]), *(self._model.embed(part) for part in [_sentences(query)] if part)]
        near = self._near(rows, np.concatenate(asked).astype(np.float32).T)
        found = {names[number]: float(near[number]) for number in _first(names, near, wanted, most)}
        return found | {name: float(one) for name, one in zip(names, near, strict=True) if name in also}

    def _near(self, rows: Any, asked: Any) -> Any:
        """Of each row: to the query as a whole, or to one of its sentences."""
        parts = [rows[at : at + _ROWS].astype(np.float32) @ asked for at in range(0, len(rows), _ROWS)]
        near = np.concatenate(parts) / _FULL
        return np.maximum(near[:, 0], _SENTENCE * near[:, 1:].max(axis=1, initial=0.0))


def _sentences(query: str) -> Sequence[str]:
    """Those of a query that asks for several things: each may be another tool's. None of one that has a single one."""
    found = [one for one in _ENDS.split(query) if len(one.split()) >= _WORDS]
    return found[:_SENTENCES] if len(found) > 1 else ()


def _first(names: Sequence[str], near: Any, wanted: Callable[[str], bool], most: int) -> Iterator[int]:
    return islice((number for number in np.argsort(-near, kind="stable") if wanted(names[number])), most)
