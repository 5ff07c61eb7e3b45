"""From ranked chunks to hits: text read from the disk now, never from the index."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from claudetask_core.schemas.search import SearchHit, SearchQuery
from claudetask_core.search.index.analysis import WITHHELD
from claudetask_core.search.index.rows import FileRow
from claudetask_core.search.index.shelf import Lines, Shelf
from claudetask_core.search.ranking.highlights import Marker
from claudetask_core.search.ranking.question import understand
from claudetask_core.search.ranking.ranking import Ranked, Wanted
from claudetask_core.search.tree.kinds import category, kind_filter
from claudetask_core.search.tree.languages import canonical
from claudetask_core.search.tree.listing import glob
from claudetask_core.search.tree.path_forms import forms

TEXT_LIMIT: Final = 4000
_WORDS_SHOWN: Final = 6
_COMMIT_SHOWN: Final = 60


@dataclass(slots=True)
class Answer:
    """Hits that the files bear out now, and the files that no longer are as indexed."""

    hits: list[SearchHit] = field(default_factory=list[SearchHit])
    stale: list[str] = field(default_factory=list[str])


def filter_of(query: SearchQuery) -> Wanted:
    """Which files a query wants to hear of.

    Raises:
        GlobInvalid: The path pattern cannot be read.
        KindUnknown: There is no such kind.
    """
    kind = kind_filter(query.kind).category
    language = canonical(query.language) if query.language else None
    pattern = query.path.removeprefix("./") if query.path else None
    negated = bool(pattern) and str(pattern).startswith("!")
    spec = glob(forms(pattern.removeprefix("!"))) if pattern else None

    def wanted(row: FileRow) -> bool:
        if language is not None and row.language != language:
            return False
        if kind is not None and category(row.path, row.language) is not kind:
            return False
        return spec is None or spec.match_file(row.path) is not negated

    return wanted


def assemble(shelf: Shelf, ranked: Sequence[Ranked], query: SearchQuery) -> Answer:
    """The first `top_k` hits, each checked against its file."""
    answer = Answer()
    contents: dict[str, Lines | None] = {}
    form = kind_filter(query.kind).form
    marker = Marker(understand(query.query))
    safe: set[str] = set()
    for one in ranked:
        if len(answer.hits) >= query.top_k or one.score < (query.min_score or 0.0):
            break
        kind = one.chunk.kind
        if kind == WITHHELD or (form is not None and kind != form):
            continue
        path = one.file.path
        if path not in contents:
            contents[path] = shelf.lines(path, one.file.digest, safe)
            if contents[path] is None:
                answer.stale.append(path)
        lines = contents[path]
        if lines is not None:
            answer.hits.append(_hit(one, lines, marker))
    return answer


def _hit(one: Ranked, lines: Lines, marker: Marker) -> SearchHit:
    chunk = one.chunk
    whole = lines.between(chunk.start, chunk.end)
    text = _shown(whole)
    return SearchHit(
        path=one.file.path,
        start_line=chunk.start,
        end_line=chunk.end,
        symbol=chunk.symbol,
        language=one.file.language,
        kind=chunk.kind,
        score=round(one.score, 4),
        why=_why(one),
        text=text,
        truncated=text != whole,
    ).marked(marker)


def _shown(text: str) -> str:
    """As many lines as fit, the first of them in any case: as much of it as does."""
    if len(text) < TEXT_LIMIT:
        return text
    end = text.rfind("\n", 0, TEXT_LIMIT)
    return text[:end] if end >= 0 else text[:TEXT_LIMIT]


def _why(one: Ranked) -> str:
    reasons: list[str] = []
    if one.lines:
        reasons.append("holds line " + _listed([*map(str, one.lines)]))
    if one.names:
        reasons.append("defines " + _listed(one.names))
    if one.commit:
        reasons.append("changed by " + _shortened(one.commit))
    if one.path_words:
        reasons.append("path matches " + _listed(one.path_words))
    if one.text_words:
        reasons.append("text: " + _listed(one.text_words))
    return "; ".join(reasons) or "related words"


def _shortened(commit: str) -> str:
    return commit if len(commit) <= _COMMIT_SHOWN else commit[: _COMMIT_SHOWN - 1] + "…"


def _listed(words: list[str]) -> str:
    return ", ".join(words[:_WORDS_SHOWN])
