"""What a newcomer runs: `python -m examples.demo`. The examples use Callgate as any user does, by command line and SDK."""
