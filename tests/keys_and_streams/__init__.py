"""Keys that APIs want beyond a text in a header, and answers that are large, long or both: through real boxes."""
