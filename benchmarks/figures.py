"""Computes figures from samples, and prints each as a line of JSON."""

import json
import math
from collections.abc import Sequence

MEDIAN = 0.5


class TooFewSamples(Exception):
    """A figure would rest on too few samples."""


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all do not exceed: a value that was measured, not one between two."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(samples: Sequence[float], *, least: int = 1) -> float:
    """Raises TooFewSamples below `least` of them."""
    if len(samples) < least:
        raise TooFewSamples(f"there are {len(samples)} samples, and {least} are needed")
    return percentile(samples, MEDIAN)


def show(figure: str, value: float, unit: str = "ms") -> None:
    print(json.dumps({"figure": figure, "value": round(value, 3), "unit": unit}), flush=True)
