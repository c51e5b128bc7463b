"""Coverage-guided fuzzing of what strangers' bytes reach first: `make check-fuzz`.

- `documents`: bytes → document → drafts → sampled requests;
- `calls`: bytes → arguments → request, of a tool that has every style and every kind of body;
- `targets`: bytes → an answer's headers, a runner's frames, a ClientHello, a manifest; `wire` runs one of them;
- `corpus`: what the first two begin with, generated; `__main__` runs them all, `test_targets` a little of the third.

An error of the registry's own is an answer. Anything else, a second of thought too long, or a gigabyte, is a crash.
"""
