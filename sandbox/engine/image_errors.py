"""What can go wrong with an image that an operator handles: pulls, lists, builds or checks. No call meets these.

ImageWorkFailed
├── NoSuchImage          the engine, or the registry, does not have it
├── RegistryUnreachable  no registry answers the engine
├── RegistryRefused      the registry wants other credentials, or refuses these
└── BuildFailed          a step of the build failed; `output` has its last lines

Where the engine itself does not answer, it is EngineUnavailable, as for boxes.
"""


class ImageWorkFailed(Exception):
    cure = "See the message."


class NoSuchImage(ImageWorkFailed):
    cure = (
        "`callgate image list` has the images of this engine, under their names. One that it lacks is built (`callgate image "
        "build`), pulled (`callgate image pull`), or loaded from a file (`docker load`)."
    )


class NoSuchImageInRegistry(NoSuchImage):
    cure = "Correct the name and the tag. A registry says the same of an image that needs a login: `docker login REGISTRY`."


class RegistryUnreachable(ImageWorkFailed):
    cure = (
        "Let the engine's host reach the registry: its name service, its proxy (HTTPS_PROXY of the Docker daemon), its "
        "certificates. Where none can be reached, build the image here (`callgate image build`), or load it (`docker load`)."
    )


class RegistryRefused(ImageWorkFailed):
    cure = "Log in as who may pull it, as the user who runs this command: `docker login REGISTRY`."


class BuildFailed(ImageWorkFailed):
    """`output`: the last lines that the build printed, the oldest first."""

    cure = "Correct the step of the Dockerfile that the last lines name, and build again."

    def __init__(self, message: str, output: tuple[str, ...] = (), *, cure: str | None = None) -> None:
        super().__init__(message)
        self.output = output
        self.cure = cure or self.cure
