"""Learns how sure it is that two tasks are the same, from parts a and c of the labelled pairs.

`python -m bench.duplicates.fit` prints what stands in `services/similar/model.py`. The pairs are
taken with places in the code on both sides, twice, and without any; the threshold is the lowest at
which no more than `FALSE_ALARMS` of the others are called one, as people write. A higher one that
finds as many here would find fewer of what others write, who share fewer words.
"""

import asyncio
import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.duplicates.board import board
from bench.duplicates.pairs import LEARNED, Case, both, load, mixed, neither, titles
from claudetask_core.services.similar.compare import FEATURES

Floats = NDArray[np.float64]

FALSE_ALARMS: Final = 0.06
DAMPING: Final = 0.3
NAMED: Final = 3
HINDERS: Final = {"rivals": -9.0}
"""What speaks against the same work, and how much at least: titles that say import and export are
two tasks, whatever else they share, and few of the pairs are like that.
"""
TAKEN: Final = (both, both, neither)


@dataclass(frozen=True)
class Asked:
    """One question: the features of what was found, and which of these is the right one, if any."""

    features: Floats
    right: int | None
    same: bool


async def questions_of(cases: list[Case]) -> list[Asked]:
    """What a board of the first tasks answers to the others."""
    found: list[Asked] = []
    async with board(case.task for case in cases) as core, core.database.read() as session:
        for number, case in enumerate(cases, 1):
            for (title, description), same in ((case.same, True), (case.other, False)):
                tasks, compared = await core.similar.compared(session, title, description)
                ids = [task.id for task in tasks]
                right = ids.index(number) if same and number in ids else None
                found.append(Asked(compared.features(), right, same))
    return found


def fit(questions: list[Asked]) -> tuple[float, Floats]:
    """Bias and weights; what speaks for the same work never counts against it."""
    rows = np.concatenate([question.features for question in questions])
    truth = np.concatenate(
        [np.arange(len(q.features)) == (-1 if q.right is None else q.right) for q in questions]
    ).astype(float)
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - middle) / spread

    def loss(point: Floats) -> tuple[float, Floats]:
        logits = scaled @ point[1:] + point[0]
        wrong = 1 / (1 + np.exp(-logits)) - truth
        value = (np.logaddexp(0, logits) - truth * logits).sum() + DAMPING * (point[1:] ** 2).sum()
        slope = np.concatenate(([wrong.sum()], scaled.T @ wrong + 2 * DAMPING * point[1:]))
        return float(value), slope

    pairs = zip(FEATURES, spread, strict=True)
    most = ((None, HINDERS[name] * one) if name in HINDERS else (0, None) for name, one in pairs)
    bounds = [(None, None), *most]
    start = np.zeros(len(bounds))
    point = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = point[1:] / spread
    return float(point[0] - (weights * middle).sum()), weights


def rates(questions: list[Asked], scores: list[Floats], least: float) -> tuple[float, float]:
    """Duplicates found among the first three, and others called one, at a threshold."""
    hits = alarms = 0
    for question, score in zip(questions, scores, strict=True):
        best = [place for place in np.argsort(-score)[:NAMED] if score[place] >= least]
        hits += question.same and question.right in best
        alarms += not question.same and bool(best)
    half = len(questions) / 2
    return hits / half, alarms / half


def threshold(questions: list[Asked], scores: list[Floats]) -> float:
    """The lowest with few enough false alarms."""
    steps = np.linspace(0.01, 0.999, 990)
    allowed = [step for step in steps if rates(questions, scores, step)[1] <= FALSE_ALARMS]
    return float(min(allowed))


async def main() -> None:
    parts = [load(part) for part in LEARNED]
    training: list[Asked] = []
    for kind, triples in itertools.product(TAKEN, parts):
        training += await questions_of([kind(triple) for triple in triples])
    bias, weights = fit(training)
    print(f"BIAS: Final = {bias:.3f}")
    for name, weight in zip(FEATURES, weights, strict=True):
        print(f'    "{name}": {weight:.3f},')
    written = [mixed(triples) for triples in parts]
    alone = [[titles(triple) for triple in triples] for triples in parts]
    for name, sets in (("LIKELY", written), ("LIKELY_BY_TITLE", alone)):
        questions = [question for cases in sets for question in await questions_of(cases)]
        scores = [1 / (1 + np.exp(-(question.features @ weights + bias))) for question in questions]
        least = threshold(questions, scores)
        found, alarms = rates(questions, scores, least)
        print(f"{name}: Final = {least:.3f}  # here: {found:.1%} caught, {alarms:.1%} false alarms")


if __name__ == "__main__":
    asyncio.run(main())
