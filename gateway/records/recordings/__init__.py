"""What is kept of calls beside their records: recordings of runs and the cache, which answer again without a call; and what
calls were asked and answered.

Knows: outcomes and the keys under which they are kept. Must not know: Redis, when an answer may be given again.
"""
