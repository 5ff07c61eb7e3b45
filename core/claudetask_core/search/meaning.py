"""What a question means as a vector."""

from dataclasses import dataclass

import numpy as np

from claudetask_core.search.analysis import encoder_name
from claudetask_core.search.question import Question
from claudetask_core.search.vectors import TermTable, Vectors, unit


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question's unit vector, of the shape (dimensions,), and whose vectors it compares with."""

    encoder: str
    vector: Vectors


def of_question(question: Question, table: TermTable | None) -> Meaning | None:
    """The sum of the vectors of the question's words; None where the table knows none of them."""
    if table is None or not question.words:
        return None
    vector = table.vectors(question.words).sum(axis=0)
    if not np.any(vector):
        return None
    return Meaning(encoder_name(table), unit(vector[None, :])[0])
