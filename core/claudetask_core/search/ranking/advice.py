"""What to tell beside the hits: that none is good and what to try, or that some may be missing."""

import difflib
from collections.abc import Sequence
from typing import Final

from claudetask_core.schemas.search import SearchHit, SearchQuery
from claudetask_core.search.ranking.question import understand
from claudetask_core.search.text.tokens import words
from claudetask_core.search.tree.priors import factors, marks_of

WEAK: Final = 0.3
"""A score below this, as it is before the prior of the file's place, is no good match."""

_FILTERS: Final = ("path", "language", "kind", "min_score")
_TRY: Final = (
    "Try fewer or other words, an identifier as the code spells it, or Grep for a literal text."
)
_NAMES: Final = 5
_SHOWN: Final = 60


def filters(query: SearchQuery) -> list[str]:
    """The names of the filters that a query sets."""
    return [name for name in _FILTERS if getattr(query, name) not in {None, 0.0}]


def is_weak(query: SearchQuery, hits: Sequence[SearchHit]) -> bool:
    """Whether none of the hits is a good match.

    The prior of a file's place only orders: a test that holds all that was asked for is no weak
    match where nothing else is found, or only tests were looked for.
    """
    priors = factors(understand(query.query).mentioned, tests=0, files=1, with_test=lambda: 0)
    return all(hit.score < WEAK * priors[marks_of(hit.path, hit.language)] for hit in hits)


def unfiltered(query: SearchQuery) -> SearchQuery:
    """The same question to everything."""
    return SearchQuery(query=query.query)


def on_hits(
    query: SearchQuery, hits: Sequence[SearchHit], elsewhere: Sequence[SearchHit]
) -> str | None:
    """What to try where the hits do not answer; None where they do.

    Args:
        query: The question.
        hits: What was found, best first.
        elsewhere: What is found without the filters, where nothing was with them.
    """
    if not words(query.query):
        return "The question holds no word or name that could be looked for. " + _TRY
    if hits:
        return None if not is_weak(query, hits) else "No good match. " + _TRY
    if not elsewhere:
        return "Nothing found. " + _TRY
    return _filtered_out(query, elsewhere)


def _filtered_out(query: SearchQuery, elsewhere: Sequence[SearchHit]) -> str:
    given = ", ".join(f"{name}={_short(getattr(query, name))}" for name in filters(query))
    best = elsewhere[0]
    said = f"Nothing found with {given}. "
    if query.language is not None:
        said += _languages(query.language, elsewhere)
    return said + (
        f"Without that the best is {_clipped(best.path)}:{best.start_line}-{best.end_line} "
        f"({best.score:.2f})."
    )


def _languages(asked: str, elsewhere: Sequence[SearchHit]) -> str:
    """The languages that the matches are in, so that a misspelt one shows."""
    found = list(dict.fromkeys(hit.language for hit in elsewhere if hit.language is not None))
    if not found:
        return ""
    near = difflib.get_close_matches(asked.lower(), found, n=1)
    if near and near[0] != asked.lower():
        return f"Did you mean language={near[0]}? "
    return f"Matches are in {', '.join(found[:_NAMES])}. "


def _short(value: object) -> str:
    return str(value) if isinstance(value, float) else repr(_clipped(str(value)))


def _clipped(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
