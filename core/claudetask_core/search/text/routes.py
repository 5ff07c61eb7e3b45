"""Routes and other paths that begin with a slash, as source writes them and as questions do.

A route is one term whatever its parameters are called: `/users/{id}`, `/users/:id`,
`/users/<int:id>` and `/users/42` meet.
"""

import re
from collections.abc import Iterator
from typing import Final

ROUTE: Final = "/"
_MOST: Final = 8
_LONGEST: Final = 64
_SEGMENT: Final = r"[\w{}:<>*.$%()\[\]@~+?-]{1,60}"
_WRITTEN: Final = re.compile(
    rf"[\"'`](?:[A-Z]{{3,7}} )?((?:/{_SEGMENT}){{1,{_MOST}}})/?[\"'`]".encode()
)
_ASKED: Final = re.compile(
    rf"(?:https?://[\w.:\[\]-]{{1,100}}|(?<![\w./:~<{{}}>-]))((?:/{_SEGMENT}){{1,{_MOST}}})"
)
_PARAMETER: Final = re.compile(r"[{}:<$*%(\[]|\A\d+\Z|\A[0-9a-f-]{20,}\Z")
_ENDS_AS_A_FILE: Final = re.compile(r"\.\w{1,12}\Z")
_TRAILING: Final = ".,;:?)]!"


def written(text: bytes) -> Iterator[tuple[int, str]]:
    """The place and the term of each literal in a source that is a route."""
    for found in _WRITTEN.finditer(text):
        term = _term(found[1].decode("utf-8", "replace"))
        if term:
            yield found.start(1), term


def asked(text: str) -> tuple[str, ...]:
    """The terms of the routes that a question names, each once; of an address the path counts."""
    routes = (found[1].rstrip(_TRAILING) for found in _ASKED.finditer(text))
    terms = (
        _term(route.partition("?")[0]) for route in routes if not _ENDS_AS_A_FILE.search(route)
    )
    return tuple(dict.fromkeys(filter(None, terms)))


def endings(route: str) -> list[tuple[str, float]]:
    """A route and what it ends with, as routers that are mounted somewhere say it, each with the
    share of its names that are no parameters.
    """
    segments = route.split("/")[1:]
    named = [segment != "*" for segment in segments]
    return [
        (ROUTE + "/".join(segments[start:]), sum(named[start:]) / sum(named))
        for start in range(len(segments))
        if any(named[start:])
    ]


def _term(route: str) -> str:
    """The term of a route, empty where it names nothing."""
    segments = ["*" if _PARAMETER.search(one) else one.lower() for one in route.split("/")[1:]]
    term = ROUTE + "/".join(segments)
    return term if len(term) <= _LONGEST and any(one != "*" for one in segments) else ""
