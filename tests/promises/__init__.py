"""One test for each promise that was once broken, on real parts.

A module `test_aNN_….py` holds a case of that number: what was tried then, and what must come out of it. The ledger's lineage is
1, reviews 2, ends out of time 3, clocks 4, long calls 5, lost hosts 6, copied engines 7, large answers 8, answers that say "not
done" 9, cures 10, keys 11, guards 12, recovery 13, proxies 14.
"""
