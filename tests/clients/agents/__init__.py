"""Agents, one for each adapter: `python -m tests.clients.agents.NAME DIRECTORY kill|retry`, in its framework's environment.

Each plays the script of `tests.promises.agents.script` with the tools of the toolset `bank`, in the run AGENT_RUN, and keeps
its state in the directory, where its framework can keep any. `kill`: it will be killed and started again. `retry`: its
connection will be cut once, its client sends nothing again, and its framework's own retry is on. At its end it prints the
answers that its model was shown, as a JSON list.
"""
