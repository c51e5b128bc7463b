"""The pool: started boxes that wait for callers, so that a call finds one at once.

Knows: which boxes wait, which callers wait and whose turn it is, how many boxes of a kind should wait, when a box is made,
replaced and removed. Must not know: what a job is or does, how Docker is spoken to, tools, tenants' rights, Redis.

`pool` (the face) → `claims` (one caller's way to a box) → `stock_keeper` (which boxes are made and given up) → `provisioner`
(makes and removes them; `box_slots`, `engine_health`, `box_factory`, `background`) → `stockroom` (matches boxes and callers;
`warm_boxes`, `wait_queue`) and `demand_forecast`. `box_reaper` sees boxes gone. No arrow goes back: a change below is an event
that the stock keeper awaits.
"""
