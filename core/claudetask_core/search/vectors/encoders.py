"""Optional encoders of text: a model2vec folder or an OpenAI-compatible endpoint.

Nothing here is imported unless a setting asks for it. What an encoder gives is compared by
cosine; its `name` keeps vectors of different encoders apart in the index.
"""

import logging
from collections.abc import Sequence
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from claudetask_core.search.vectors.encoder import Encoder, EncoderFailed
from claudetask_core.search.vectors.vectors import Vectors, unit

_log = logging.getLogger(__name__)

AT_ONCE: Final = 64
_LONGEST_TEXT: Final = 6000
_SECONDS: Final = 20.0
_ANSWER_BYTES: Final = 64_000_000


class _Static(Protocol):
    def encode(self, sentences: list[str], /) -> NDArray[np.float32]: ...


class Model2Vec:
    """A static model that lies in a folder, as the model2vec package saves it.

    Args:
        folder: The folder.

    Raises:
        EncoderFailed: The package is missing, or the folder holds no model.
    """

    def __init__(self, folder: Path) -> None:
        try:
            package = import_module("model2vec")
        except ImportError as error:
            raise EncoderFailed(
                "A model2vec folder is set for search, but model2vec is not installed.",
                next_step="Install claudetask-mcp[model2vec], or unset SEARCH_EMBEDDING.",
            ) from error
        try:
            self._model: _Static = package.StaticModel.from_pretrained(str(folder))
        except (OSError, ValueError, KeyError) as error:
            raise EncoderFailed(
                f"The model in {folder} cannot be loaded: {error}.",
                next_step="Name a folder that StaticModel.save_pretrained() wrote.",
            ) from error
        self.name = "model2vec:" + _digest(str(folder.resolve()), _state(folder))

    def encode(self, texts: Sequence[str]) -> Vectors:
        return unit(np.asarray(self._model.encode(list(texts)), np.float32))


class _Item(BaseModel):
    index: int
    embedding: list[float]


class _Answer(BaseModel):
    data: list[_Item]


class Endpoint:
    """An endpoint that answers `POST …/embeddings` as OpenAI's does.

    Args:
        address: The base address (`https://host/v1`) or that of the embeddings themselves.
        model: The model to name.
        key: Sent as a bearer token where there is one.
    """

    def __init__(self, address: str, model: str, key: str | None) -> None:
        address = address.rstrip("/")
        self._address = address if address.endswith("/embeddings") else address + "/embeddings"
        self._model = model
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=_SECONDS, follow_redirects=False)
        self.name = "endpoint:" + _digest(self._address, model)

    def encode(self, texts: Sequence[str]) -> Vectors:
        parts = [
            self._ask([text[:_LONGEST_TEXT] or " " for text in texts[start : start + AT_ONCE]])
            for start in range(0, len(texts), AT_ONCE)
        ]
        if len({part.shape[1] for part in parts}) > 1:
            raise self._failed("its vectors differ in length")
        return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)

    def _ask(self, texts: list[str]) -> Vectors:
        try:
            answer = self._client.post(
                self._address,
                json={"model": self._model, "input": texts, "encoding_format": "float"},
            )
            answer.raise_for_status()
            items = sorted(
                _Answer.model_validate_json(answer.content).data, key=lambda one: one.index
            )
        except httpx.HTTPStatusError as error:
            raise self._failed(f"it answers {error.response.status_code}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._failed(type(error).__name__) from error
        except ValidationError as error:
            raise self._failed("its answer is not one of embeddings") from error
        sizes = {len(item.embedding) for item in items}
        if len(items) != len(texts) or len(sizes) != 1 or 0 in sizes:
            raise self._failed("its answer does not hold a vector for each text")
        found = np.array([item.embedding for item in items], np.float32)
        if not np.isfinite(found).all():
            raise self._failed("its answer holds numbers that are none")
        return unit(found)

    def _failed(self, why: str) -> EncoderFailed:
        host = urlsplit(self._address).hostname or "the endpoint"
        return EncoderFailed(
            f"The embeddings endpoint at {host} does not help: {why}.",
            next_step="Check CLAUDETASK_SEARCH_EMBEDDING, its model and its key.",
        )

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def open_encoder(setting: str, *, model: str, key: str | None) -> Encoder | None:
    """The encoder that a setting asks for; None for the table's and for words only.

    Raises:
        EncoderFailed: It cannot be opened.
    """
    if setting in {"table", "none"}:
        return None
    if setting.startswith(("http://", "https://")):
        return Endpoint(setting, model, key)
    return Model2Vec(Path(setting).expanduser())


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _state(folder: Path) -> str:
    """What changes when another model is put into the folder."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return "".join(
        f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns};" for path in files
    )
