"""The container engine, as far as boxes need it, the cause behind each of its refusals, and the image that the runner's boxes
are made from.

Knows: containers and images by name, and in `docker_engine`, the one module that speaks to Docker, its API. Must not know: what
a container's configuration says or why, which boxes there are and whose, what runs in them.
"""
