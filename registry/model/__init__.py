"""What all rooms share: the values of a tool version, their stored form, errors, faults and findings; JSON and its pointers.

Knows: what a tool, a version and a reference are, and which of two tools is the safer to repeat. Must not know: how a document
is read, compiled, compared or called. It imports no other room.
"""
