"""The commands for the gateway's own machine: `up` starts all parts there, `doctor` checks them, `store` settles a
history, `image` handles the images of container tools.

Knows: the gateway's configuration, and its parts as the gateway itself reaches them. Must not know: the other rooms'
commands.
"""
