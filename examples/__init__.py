"""What a newcomer runs: `python -m examples.demo`. Uses Callgate as anybody would: its command line and its SDK."""
