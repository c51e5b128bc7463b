"""Agents that use the SDK, in processes of their own, against live gateways; and its adapters.

Each adapter is tried against its real framework, in the environment that has it, with a model that plays a script.

`agents/` are programs, one for each adapter, that the tests here start, kill and start again against a gateway with real boxes.
`inside/` are tests that run in the environments themselves, against the SDK's fake gateway; a test here starts them.
"""
