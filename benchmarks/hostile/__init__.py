"""Whether one tenant, or a stranger, can make another one's calls wait. `__main__` says what is measured, and how.

`place` starts everything; `bystander` is the other tenant; `attacker` runs one attack of `attacks` in a process of its own;
`delays` says what the bystander saw meanwhile.
"""
