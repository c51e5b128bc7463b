"""The documentation's examples, run as they are written. Only places, addresses and ids are the test's own."""
