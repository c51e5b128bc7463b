"""The container engine, as far as boxes need it, the cause behind each of its refusals, and the image that the runner's boxes
are made from.

Knows: containers and images by name. Two modules speak to Docker: `docker_engine`, by which boxes are made, and
`docker_images`, by which operators handle the images of container tools. Must not know: what a container's configuration says
or why, which boxes there are and whose, what runs in them.
"""
