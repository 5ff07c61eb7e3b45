"""How sure it is that two tasks are the same work, from how they compare.

A logistic model over the features of `compare`, learned from two parts of the pairs under
`bench/duplicates` by `bench/duplicates/fit.py`, which prints what stands here; the other two
measure it (`bench/duplicates/evaluate.py`).
"""

from typing import Final

import numpy as np

from claudetask_core.search.vectors.vectors import Floats
from claudetask_core.services.similar.compare import FEATURES

LIKELY: Final = 0.504
LIKELY_BY_TITLE: Final = 0.977
"""Where nothing but the title is known, the same likeness says less."""
BIAS: Final = -8.234
WEIGHTS: Final = {
    "whole_least": 17.406,
    "whole_most": 4.675,
    "rivals": -9.0,
}
_IN_ORDER: Final = np.array([WEIGHTS[feature] for feature in FEATURES])


def chances(features: Floats) -> Floats:
    """How likely each pair is the same work, in 0–1; features of the shape (pairs, features)."""
    return 1.0 / (1.0 + np.exp(-(features @ _IN_ORDER + BIAS)))
