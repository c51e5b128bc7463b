"""What is decided about a call: pure, or nearly, so that each rule can be read and tested by itself.

Knows: values of the gateway, of the registry and of the sandbox. Must not know: where anything is stored or sent.

`policy` (may this caller do this, and what may its box reach), `budget`, `approvals`, `decision` (what an attempt's result
means), `retry` (whether another follows, and when) with `retry_budget` and `retry_after`, `repetition` (what an upstream
recognises), `breaker` (which upstream is left alone), `report` (what a reviewer is told).
"""
