"""What the project's own checks are made of. Each runs with the standard library alone: `python -m scripts.NAME`."""
