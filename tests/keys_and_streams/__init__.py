"""Keys that are obtained and signatures that are made, artifacts, streams and pages, through real boxes. Each file is named by
what it is about; the harness is that of `tests/real_apis`."""
