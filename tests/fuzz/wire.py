"""A target of `targets` under atheris: `python -m tests.fuzz.wire NAME …`, and then libFuzzer's own words."""

import sys

import atheris

with atheris.instrument_imports(include=["gateway", "registry", "sandbox"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]].read)
    atheris.Fuzz()
