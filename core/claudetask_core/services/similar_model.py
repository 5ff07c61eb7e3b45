"""How sure it is that two tasks are the same work, from how they compare.

A logistic model over the features of `similar_compare`, learned from one half of the pairs under
`bench/duplicates` by `bench/duplicates/fit.py`, which prints what stands here; the other half
measures it (`bench/duplicates/evaluate.py`).
"""

from typing import Final

import numpy as np

from claudetask_core.search.vectors import Floats
from claudetask_core.services.similar_compare import FEATURES

LIKELY: Final = 0.61
LIKELY_BY_TITLE: Final = 0.94
"""Where nothing but the title is known, the same likeness says less."""
BIAS: Final = -7.253
WEIGHTS: Final = {
    "title_least": 1.214,
    "title_most": 1.362,
    "whole_least": 6.503,
    "whole_most": 7.447,
    "rivals": -8.110,
    "amount": 0.777,
    "missing_here": -0.401,
    "missing_there": -1.029,
}
_IN_ORDER: Final = np.array([WEIGHTS[feature] for feature in FEATURES])


def chances(features: Floats) -> Floats:
    """How likely each pair is the same work, in 0–1; features of the shape (pairs, features)."""
    return 1.0 / (1.0 + np.exp(-(features @ _IN_ORDER + BIAS)))
