"""Trains vectors of terms so that a comment lies near the code that it describes.

A text is the normalised sum of its terms' vectors, each weighted by 1 + log of how often the
term stands there and by a learned weight of the term. The loss is InfoNCE with the other pairs
of the batch as negatives, in both directions (van den Oord et al., 2018), minimised by Adam
(Kingma and Ba, 2015). The vectors are then reduced by an SVD.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from claudetask_core.search.text.tokens import JOINED, terms

Floats = NDArray[np.float32]

BATCH: Final = 1024
WIDTH: Final = 256
TEMPERATURE: Final = 0.05
RATE: Final = 0.01
LEAST_TEXTS: Final = 8
_LONGEST_NUMBER: Final = 3
_MOST_TERMS: Final = 400


def plain_terms(text: str) -> list[str]:
    """The terms of a text that have vectors: no joined identifiers."""
    return [term for term in terms(text) if term[0] != JOINED][:_MOST_TERMS]


def vocabulary(texts: Sequence[list[str]], size: int) -> tuple[list[str], Floats]:
    """The commonest terms, sorted, and how rare each is among the texts."""
    having: Counter[str] = Counter()
    for text in texts:
        having.update(set(text))
    kept = sorted(
        term
        for term, count in having.most_common(size)
        if count >= LEAST_TEXTS and not (term.isdigit() and len(term) > _LONGEST_NUMBER)
    )
    rarity = [np.log1p(len(texts) / having[term]) for term in kept]
    return kept, np.array(rarity, np.float32)


def bags(texts: Sequence[list[str]], numbers: dict[str, int]) -> Any:
    """Texts as a CSR matrix of 1 + log(count)."""
    data: list[float] = []
    places: list[int] = []
    ends = [0]
    for text in texts:
        counts = Counter(numbers[term] for term in text if term in numbers)
        places.extend(counts)
        data.extend(1.0 + np.log(list(counts.values())) if counts else [])
        ends.append(len(places))
    shape = (len(texts), len(numbers))
    return sparse.csr_matrix((np.array(data, np.float32), places, ends), shape=shape)


class Model:
    """The vectors and weights of the terms, and Adam's moments."""

    def __init__(self, rarity: Floats, seed: int) -> None:
        drawn = np.random.default_rng(seed)
        self.vectors = (drawn.standard_normal((rarity.size, WIDTH)) / WIDTH**0.5).astype(np.float32)
        self.weights = np.log(rarity).astype(np.float32)
        self._moments = [np.zeros_like(self.vectors), np.zeros_like(self.vectors)]
        self._weight_moments = [np.zeros_like(self.weights), np.zeros_like(self.weights)]
        self._step = 0

    def scaled(self) -> Floats:
        """The vectors with their weights, of the shape (terms, WIDTH)."""
        return self.vectors * np.exp(self.weights)[:, None]

    def step(self, questions: Any, answers: Any, rate: float) -> float:
        """One step on a batch of pairs; its loss."""
        weight = np.exp(self.weights)[:, None]
        sums: list[Floats] = [rows @ (self.vectors * weight) for rows in (questions, answers)]
        lengths = [np.linalg.norm(one, axis=1, keepdims=True) + 1e-6 for one in sums]
        units = [one / length for one, length in zip(sums, lengths, strict=True)]
        logits: Floats = units[0] @ units[1].T / TEMPERATURE
        forward, backward = _softmax(logits), _softmax(logits.T).T
        diagonal = np.arange(len(logits))
        loss = -float(np.log(forward[diagonal, diagonal] + 1e-9).mean())
        slope = (forward + backward) / 2
        slope[diagonal, diagonal] -= 1.0
        slope /= TEMPERATURE * logits.shape[0]
        gradient = np.zeros_like(self.vectors)
        for rows, unit, length, back in (
            (questions, units[0], lengths[0], slope @ units[1]),
            (answers, units[1], lengths[1], slope.T @ units[0]),
        ):
            inner = (back - unit * (back * unit).sum(axis=1, keepdims=True)) / length
            gradient += rows.T @ inner.astype(np.float32)
        by_weight = (gradient * self.vectors).sum(axis=1) * weight[:, 0]
        self._step += 1
        self.vectors -= rate * self._adam(self._moments, gradient * weight)
        self.weights -= rate * self._adam(self._weight_moments, by_weight)
        return loss

    def _adam(self, moments: list[Floats], gradient: Floats) -> Floats:
        first, second = moments
        first *= 0.9
        first += 0.1 * gradient
        second *= 0.999
        second += 0.001 * gradient**2
        first_unbiased = first / (1 - 0.9**self._step)
        second_unbiased = second / (1 - 0.999**self._step)
        return (first_unbiased / (np.sqrt(second_unbiased) + 1e-8)).astype(np.float32)


def _softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)


def train(questions: Any, answers: Any, rarity: Floats, *, epochs: int, seed: int) -> Floats:
    """Vectors of the terms with their weights, of the shape (terms, WIDTH)."""
    model = Model(rarity, seed)
    drawn = np.random.default_rng(seed)
    count = questions.shape[0]
    steps = max(1, epochs * (count // BATCH))
    done = 0
    for _ in range(epochs):
        order = drawn.permutation(count)
        for start in range(0, count - BATCH + 1, BATCH):
            some = order[start : start + BATCH]
            rate = RATE * min(1.0, 20 * (done + 1) / steps) * (1 - done / steps)
            loss = model.step(questions[some], answers[some], rate)
            done += 1
            if done % 50 == 0:
                print(f"step {done} of {steps}: loss {loss:.3f}", flush=True)
    return model.scaled()


def reduced(vectors: Floats, dimensions: int) -> Floats:
    """The vectors in the `dimensions` directions in which they differ most."""
    _, _, directions = np.linalg.svd(vectors.T @ vectors)
    return (vectors @ directions[:dimensions].T).astype(np.float32)


def recall(questions: Any, answers: Any, vectors: Floats) -> dict[str, float]:
    """Recall at 1 and 10 and the mean reciprocal rank among all the answers given."""
    units: list[Floats] = []
    for rows in (questions, answers):
        sums: Floats = rows @ vectors
        units.append(sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-6))
    scores = units[0] @ units[1].T
    ranks = 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)
    return {
        "recall@1": float((ranks == 1).mean()),
        "recall@10": float((ranks <= 10).mean()),  # noqa: PLR2004 — the measure's own number
        "mrr": float((1 / ranks).mean()),
    }
