"""What every command uses: the client of the gateway that the environment names, and what goes to stdout and stderr.

Knows: the SDK, the terminal. Must not know: any command.
"""
