"""Agents that use the SDK, in processes of their own, against live gateways."""
