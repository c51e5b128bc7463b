"""The cases of `clients/vectors`."""
