"""The model that an operator names, by which tools are found whose words are others than the query's."""

from importlib import import_module
from pathlib import Path

from gateway.model.config import ConfigInvalid
from gateway.search.nearness import Embeddings


def open_embeddings(directory: Path | None) -> Embeddings | None:
    """None where the operator names none. Raises ConfigInvalid."""
    if directory is None:
        return None
    try:
        # What most gateways do not need takes 150 MB on disk.
        model: Embeddings = import_module("gateway.search.minilm").MiniLm(directory)
    except ModuleNotFoundError:
        cure = "Install it with its extra: callgate-server[embeddings]."
        raise ConfigInvalid("CALLGATE_SEARCH_MODEL names a model, and onnxruntime is not there", cure=cure) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigInvalid(f"the model of CALLGATE_SEARCH_MODEL cannot be used: {error}") from error
    return model
