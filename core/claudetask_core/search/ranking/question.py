"""What a question asks for: its terms, the identifiers in it, and what it names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from claudetask_core.search.ranking.messages import RAISED, quoted
from claudetask_core.search.ranking.named_lines import NamedLine, named_files, named_lines
from claudetask_core.search.text.routes import asked
from claudetask_core.search.text.synonyms import WIDER
from claudetask_core.search.text.tokens import (
    JOINED,
    joined,
    names_with_marks,
    parts,
    stem,
    whole_name,
    word_terms,
    words,
)
from claudetask_core.search.text.wordlist import words_of

_STOP: Final = words_of(
    "a about all am an and any are as at be been being but by can could did do does doing for from "
    "get gets had has have how i if in into is it its itself me more most my no nor not of off on "
    "or our out over own should so some such than that the their them then there these they this "
    "those through to too under until up us was we were what when where which while who whom why "
    "will with would you your code file files implement implemented implementation implements "
    "work works show find locate used using use uses defined"
)


_VERBS: Final = frozenset(
    stem(word)
    for word in words_of(
        "fix add remove make allow support change improve handle avoid ensure prevent correct "
        "refactor enable disable introduce drop skip reduce simplify stop rename replace move "
        "update create get set return check run call build read write load start provide convert "
        "process determine decide perform apply manage define happen"
    )
)
"""What is done to everything everywhere, so that it tells little of what is asked about."""
_VERB: Final = 0.5

_CHANGES: Final = frozenset(
    stem(word)
    for word in words_of(
        "fix add remove make allow change improve handle avoid ensure prevent correct refactor "
        "enable disable introduce drop skip reduce simplify stop rename replace move update use "
        "support implement give switch align preserve convert set expose suppress reject let "
        "deprecate apply keep throw prefer extend unify detect propagate warn recognize emit "
        "restore print resolve optimize treat speed increase prune adjust ignore migrate include "
        "show only do don clarify document report always revert restrict limit raise respect honor "
        "normalize separate split merge delete clean bump cleanup rework reset reuse relax harden "
        "return pass clear added adding made tweak upgrade rewrite pin explain enforce narrow "
        "guard hoist mention consider minimize factor rip exclude accept mark override"
    )
)
"""What a request for a change begins with, which counts less wherever it stands in one."""
_OPENINGS: Final = words_of(
    "adding also never directly fully better more less fewer explicitly automatically actually "
    "correctly properly slightly significantly no prefer prefers consider considers provide "
    "provides permit permits assume assumes suggest suggests discard discards forbid forbids "
    "refuse refuses disambiguate canonicalize retain retains defer defers omit omits prioritize "
    "modify modifies refine refines reorganize rearrange stabilize parameterize dedupe "
    "deduplicate regenerate rethrow recover isolate tune hide hides trim trims strip strips "
    "force forces fall rely verify cover"
)
"""What else one begins with, which tells as much as other words do."""
_NEGATED: Final = re.compile(r"(?:do not|don['’]?t)\b", re.IGNORECASE)
_NOUN_ENDINGS: Final = ("ing", "er")
_MANNER: Final = frozenset(
    stem(word)
    for word in words_of(
        "instead before after without during also since same only just still always never again "
        "already even both other another each every per via within between across against like "
        "unlike upon onto else otherwise rather very much many few less least now later once twice "
        "while until unless because due don doesn didn isn aren wasn won t s re ve "
        "missing wrong broken incorrect incorrectly proper properly correctly unnecessary unneeded "
        "redundant useless consistent inconsistent better possible potential actual certain "
        "specific various different similar several bad good new old unwanted unexpected "
        "accidental accidentally appropriate unused long longer short explicit explicitly "
        "implicit automatically "
        "issue bug regression problem crash failure fail behavior behaviour case way thing "
        "something usage handling improvement"
    )
)
"""How, when and how well a change is wanted to do it: words that code seldom has, so that they
look telling, and that tell nothing of where."""
_MANNERED: Final = 0.3
_WRONG: Final = words_of(
    "should shouldn cannot couldn doesn didn isn aren wasn won instead wrong wrongly broken bug "
    "crash crashes incorrect incorrectly properly correctly regression unnecessary"
)
"""What a report of a fault says somewhere, whose sentence begins with what is at fault."""
_ASKED: Final = words_of(
    "how why what where when which who whose does do did is are was can could should would"
)
_LEADING_MARKS: Final = re.compile(r"[^\w`'\"(\[]*")
_SCOPE: Final = re.compile(
    r"(?:\[[^\]]{1,40}\]:?|\(\w{1,20}\)"
    r"|(?:[\w./*-]{1,40} ){0,2}[\w./*-]{1,40}(?:\([^)]{0,40}\))?:)\s+"
)
_FIRST_WORD: Final = re.compile(r"[A-Za-z]+(?![\w-])")


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    `is_change` tells a request for a change ("fix …", "parser: accept …") from a question how
    something works, `is_message` what a program said from either. `words` are its stemmed terms
    without stop words, `identifiers` the compound names in it, `pairs` what neighbouring words
    make, `names` words that may be names by themselves, `lighter` how much those words count that
    tell little; `spelled` gives for a term what the question says; `lines`, `files` and `routes`
    are those that it names.
    """

    text: str
    is_identifier: bool
    is_change: bool
    is_message: bool
    words: tuple[str, ...]
    identifiers: tuple[str, ...]
    pairs: tuple[str, ...]
    names: tuple[str, ...]
    together: tuple[str, ...]
    plain: tuple[str, ...]
    wider: tuple[str, ...]
    lighter: dict[str, float]
    mentioned: frozenset[str]
    spelled: dict[str, str]
    lines: tuple[NamedLine, ...] = ()
    files: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()

    @property
    def as_spelled(self) -> tuple[str, ...]:
        """The name that is asked for alone, or the last part of it, as it is written."""
        last = self.names[-1:] if self.is_identifier else ()
        return tuple(self.spelled.get(name, name) for name in last)

    def weight(self, word: str) -> float:
        """How much a word counts, beside how rare it is."""
        return self.lighter.get(word, 1.0)


def _pairs(lowered: Sequence[str], kept: Sequence[str]) -> dict[str, str]:
    """What two or three neighbouring words make as one name, with these as they are written."""
    spelled = {
        a + b: f"{kept[n]} {kept[n + 1]}" for n, (a, b) in enumerate(pairwise(lowered)) if a != b
    }
    for n, three in enumerate(zip(lowered, lowered[1:], lowered[2:], strict=False)):
        spelled.setdefault("".join(three), " ".join(kept[n : n + 3]))
    return spelled


@lru_cache(maxsize=64)
def understand(text: str) -> Question:
    """Takes a question apart; one of only stop words keeps them."""
    quote = quoted(text)
    written = words(quote.text) or words(text)
    kept = [word for word in written if word.lower() not in _STOP] or written
    found: dict[str, None] = {}
    identifiers: dict[str, None] = {}
    for word in kept:
        for term in word_terms(word):
            (identifiers if term[0] == JOINED else found).setdefault(term)
    identifiers |= dict.fromkeys(_whole(quote.values))
    lowered = [joined(word) for word in kept]
    spelled = dict(zip(lowered, kept, strict=True))
    spelled |= {stem(part): part for word in kept for part in parts(word)}
    pairs = _pairs(lowered, kept)
    routes = asked(text)
    is_identifier = _is_identifier(text) and not routes
    is_message = quote.is_message and not is_identifier
    is_change = not is_message and _is_change(text.strip())
    tied = {whole_name(name): name for name in names_with_marks(text)}
    dashed = [name for name in tied.values() if "." not in name]
    parts_of_tied = {part for name in dashed for part in words(name)}
    single = [word for word in kept if not (is_identifier and word in parts_of_tied)]
    names = [
        joined(word)
        for position, word in enumerate(written)
        if word in single and (is_identifier or _looks_like_a_name(word, first=position == 0))
    ]
    alone = names if is_identifier else []  # may be written without its capitals
    wider = {other for word in found for other in WIDER.get(word, ()) if other not in found}
    return Question(
        text=text,
        is_identifier=is_identifier,
        is_change=is_change,
        is_message=is_message,
        words=tuple(found),
        identifiers=tuple(term[1:] for term in identifiers),
        pairs=tuple(sorted(pairs)),
        names=tuple(dict.fromkeys((*names, *tied))),
        together=_together([*identifiers, *(JOINED + name for name in alone)], pairs),
        plain=tuple(dict.fromkeys(map(joined, single))),
        wider=tuple(sorted(wider)),
        lighter=_lighter(found, is_change=is_change, is_message=is_message),
        spelled=pairs | spelled | tied,
        mentioned=frozenset(found) | {word.lower() for word in written},
        lines=named_lines(text),
        files=named_files(text),
        routes=routes,
    )


def _together(identifiers: Iterable[str], pairs: Iterable[str]) -> tuple[str, ...]:
    """The terms of what is one name of several words, or one word where it is written: "web
    socket" may be `WebSocket` or `websocket`.
    """
    joint = [*identifiers, *(JOINED + pair for pair in pairs)]
    return tuple(dict.fromkeys((*joint, *(stem(term[1:]) for term in joint))))


def _lighter(words: Iterable[str], *, is_change: bool, is_message: bool) -> dict[str, float]:
    """How much those of a question's words count that tell little of what is asked about."""
    found = dict.fromkeys(_VERBS.intersection(words), _VERB)
    if is_change:
        found |= dict.fromkeys(_CHANGES.intersection(words), _VERB)
        found |= dict.fromkeys(_MANNER.intersection(words), _MANNERED)
    if is_message:
        found |= dict.fromkeys(RAISED.intersection(words), _MANNERED)
    return found


def _whole(values: Iterable[str]) -> list[str]:
    """The terms by which values are found whole, where they stand in source."""
    terms = (term for value in values for word in words(value) for term in word_terms(word))
    return [term for term in terms if term[0] == JOINED]


def _is_identifier(text: str) -> bool:
    return len(text.split()) == 1 and len(words(text)) >= 1


def _is_change(text: str) -> bool:
    """Whether it names a component first, begins with what is to be done or tells of a fault."""
    text = _LEADING_MARKS.sub("", text, count=1)
    if " " not in text:
        return False
    if _NEGATED.match(text):
        return True
    first = _FIRST_WORD.match(text)
    begin = first[0].lower() if first else ""
    if begin in _ASKED:
        return False
    if _SCOPE.match(text) or _begins_a_change(begin):
        return True
    return not _WRONG.isdisjoint(word.lower() for word in words(text))


def _begins_a_change(word: str) -> bool:
    if word in _OPENINGS:
        return True
    return not word.endswith(_NOUN_ENDINGS) and stem(word) in _CHANGES


def _looks_like_a_name(word: str, *, first: bool) -> bool:
    if len(parts(word)) > 1:
        return True
    return word[0].isupper() and not first and len(word) > 1
