import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
import respx
from numpy.typing import NDArray

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.vectors.encoder import EncoderFailed
from claudetask_core.search.vectors.encoders import Endpoint, Model2Vec, open_encoder
from claudetask_core.search.vectors.vectors import Vectors, unit
from claudetask_core.stopping import Stopped
from tests.core.search.trees import Tree

ADDRESS = "https://models.example/v1"
MEANING = {"dog": 0, "hound": 0, "cat": 1, "car": 2}


def _vector(text: str) -> list[float]:
    vector = [0.01, 0.01, 0.01, 0.01]
    for word, place in MEANING.items():
        vector[place] += text.count(word)
    return vector


def answer(request: httpx.Request) -> httpx.Response:
    """As an endpoint answers, its items in another order than they were asked for."""
    texts = json.loads(request.content)["input"]
    data = [{"index": number, "embedding": _vector(text)} for number, text in enumerate(texts)]
    return httpx.Response(200, json={"data": data[::-1]})


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint(ADDRESS, "small", "s3cret")
    yield made
    made.close()


def test_texts_go_out_in_portions_and_come_back_in_their_order(endpoint: Endpoint) -> None:
    asked: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    with respx.mock(base_url="https://models.example") as routes:
        routes.post("/v1/embeddings").mock(side_effect=note)
        vectors = endpoint.encode(["dog"] * 70 + ["cat"])
    assert len(asked) == 2
    assert asked[0].headers["authorization"] == "Bearer s3cret"
    assert json.loads(asked[0].content)["model"] == "small"
    assert vectors.shape == (71, 4)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0)
    assert vectors[0].argmax() == 0
    assert vectors[70].argmax() == 1


@pytest.mark.parametrize(
    "bad",
    [
        httpx.Response(401, json={"error": "no"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"data": []}),
        httpx.Response(200, json={"data": [{"index": 0, "embedding": []}]}),
        httpx.Response(200, text='{"data": [{"index": 0, "embedding": [NaN]}]}'),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
    ],
)
def test_an_endpoint_that_does_not_help_is_said_without_the_key(
    endpoint: Endpoint, bad: httpx.Response | Exception
) -> None:
    with respx.mock(base_url="https://models.example") as routes:
        if isinstance(bad, Exception):
            routes.post("/v1/embeddings").mock(side_effect=bad)
        else:
            routes.post("/v1/embeddings").mock(return_value=bad)
        with pytest.raises(EncoderFailed) as failure:
            endpoint.encode(["dog"])
    assert failure.value.code == "embedding_unavailable"
    assert failure.value.next_step
    assert "s3cret" not in str(failure.value)


class _Static:
    """As model2vec's StaticModel."""

    @classmethod
    def from_pretrained(cls, folder: str) -> "_Static":
        if not (Path(folder) / "model.safetensors").exists():
            raise FileNotFoundError("no model")
        return cls()

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        return np.array([_vector(text) for text in sentences], np.float32)


def test_a_model2vec_folder_is_read_by_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model2vec", SimpleNamespace(StaticModel=_Static))
    with pytest.raises(EncoderFailed):
        Model2Vec(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = Model2Vec(tmp_path)
    assert first.encode(["hound"])[0].argmax() == 0
    (tmp_path / "model.safetensors").write_bytes(b"other")
    assert Model2Vec(tmp_path).name != first.name


def test_a_missing_model2vec_package_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model2vec", None)
    with pytest.raises(EncoderFailed) as failure:
        open_encoder(str(tmp_path), model="m", key=None)
    assert "claudetask-mcp[model2vec]" in (failure.value.next_step or "")


def test_the_setting_chooses_the_encoder() -> None:
    assert open_encoder("table", model="m", key=None) is None
    assert open_encoder("none", model="m", key=None) is None
    made = open_encoder(ADDRESS + "/embeddings/", model="m", key=None)
    assert isinstance(made, Endpoint)
    assert made.name != Endpoint(ADDRESS, "other", None).name
    assert made.name == Endpoint(ADDRESS, "m", None).name


class Words:
    """An encoder that knows a few words, fails when told to, and counts."""

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self.texts = 0
        self.works = True

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not self.works:
            raise EncoderFailed("The endpoint is down.", next_step="Start it.")
        self.texts += len(texts)
        return unit(np.array([_vector(text) for text in texts], np.float32))


@pytest.fixture
def animals(tree: Tree) -> Tree:
    tree.write("a.txt", "the hound barks at the gate\n")
    tree.write("b.txt", "the car waits at the gate\n")
    tree.write("c.txt", "the cat sleeps at the gate\n")
    return tree


def opened(tree: Tree, encoder: Words) -> CodeIndex:
    return CodeIndex(tree.root, tree.database, max_file_bytes=100_000, encoder=encoder)


def test_an_encoder_brings_what_means_the_same_to_the_front(animals: Tree) -> None:
    index = opened(animals, Words())
    index.refresh()
    assert index.ask(SearchQuery(query="gate dog"))[0].path == "a.txt"
    assert index.ask(SearchQuery(query="gate cat"))[0].path == "c.txt"
    assert index.notice is None
    index.close()


def test_a_content_is_encoded_once_whoever_opens_the_index(animals: Tree) -> None:
    words = Words()
    first = opened(animals, words)
    first.refresh()
    assert words.texts == 3
    first.close()
    second = opened(animals, words)
    second.refresh()
    animals.write("d.txt", "the hound barks at the gate\n")
    animals.write("e.txt", "a new dog\n")
    second.refresh()
    assert words.texts == 4
    second.close()


def test_a_question_is_encoded_once(animals: Tree) -> None:
    words = Words()
    index = opened(animals, words)
    index.refresh()
    for _ in range(3):
        index.ask(SearchQuery(query="gate dog"))
    assert words.texts == 4
    index.close()


def test_an_encoder_that_fails_is_done_without_and_said(animals: Tree) -> None:
    words = Words()
    words.works = False
    index = opened(animals, words)
    index.refresh()
    assert {hit.path for hit in index.ask(SearchQuery(query="gate"))} == {"a.txt", "b.txt", "c.txt"}
    assert "down" in (index.notice or "")
    words.works = True
    index.refresh()
    assert index.notice is None
    assert index.ask(SearchQuery(query="gate dog"))[0].path == "a.txt"
    index.close()


def test_encoding_ends_when_it_is_told_to(animals: Tree) -> None:
    index = opened(animals, Words())
    index.refresh()
    animals.write("f.txt", "another dog\n")
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return index.progress.total == 4 and asked > 4

    with pytest.raises(Stopped):
        index.refresh(stop)
    index.close()
