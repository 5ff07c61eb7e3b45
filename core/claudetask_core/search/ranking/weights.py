"""How much each field of the ranking counts, by what kind of question it is.

Round on purpose: finer values raise the questions they were found with and no others.
"""

from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from typing import Final

from claudetask_core.search.ranking.question import Question


@dataclass(frozen=True, slots=True)
class Weights:
    """Fields of a file, then fields of a chunk; each field is 0–1 before it is weighted.

    `declared` is what the chunk that defines a name gains besides where the name is all that is
    asked, or the last of its parts, however alike other files are called, and `spelled` what one
    gains that has it in the same case; many names are defined nowhere in a tree, so neither is a
    part of the `whole`. `package` is what a file loses whose package is far behind the largest of
    the tree; `file_lacks` and `chunk_lacks` are the factors of what lacks all names of several
    words that a question has.
    """

    file_text: float
    stem: float
    stem_share: float
    folders: float
    folder_share: float
    file_names: float
    stem_equals: float
    stem_like: float
    path_share: float
    held: float
    file_joined: float
    wider_text: float
    wider_stem: float
    size: float
    definitions: float
    mentions: float
    siblings: float
    chunk_text: float
    chunk_names: float
    exact_name: float
    declared: float
    spelled: float
    word_is_name: float
    joined_name: float
    chunk_joined: float
    coverage: float
    complete: float
    route: float
    several: float
    second: float
    chunk_meaning: float
    file_meaning: float
    path_meaning: float
    commit_alike: float
    commit_words: float
    package: float
    file_lacks: float
    chunk_lacks: float

    @property
    def whole(self) -> float:
        """What a hit that is best in every common field adds up to."""
        return (
            self.file_text
            + self.stem
            + self.stem_share
            + self.folders
            + self.path_share
            + self.held
            + self.file_names
            + self.chunk_text
            + self.exact_name
            + self.coverage
            + self.several
        )


WORDS: Final = Weights(
    file_text=0.7,
    stem=0.45,
    stem_share=0.5,
    folders=1.4,
    folder_share=0.2,
    file_names=0.4,
    stem_equals=0.2,
    stem_like=0.5,
    path_share=0.1,
    held=0.0,
    file_joined=0.3,
    wider_text=0.15,
    wider_stem=0.3,
    size=0.05,
    definitions=0.05,
    mentions=0.45,
    siblings=0.1,
    chunk_text=0.4,
    chunk_names=0.1,
    exact_name=0.4,
    declared=0.0,
    spelled=0.0,
    word_is_name=0.2,
    joined_name=0.2,
    chunk_joined=0.2,
    coverage=0.25,
    complete=0.5,
    route=1.5,
    several=0.6,
    second=0.25,
    chunk_meaning=0.1,
    file_meaning=0.5,
    path_meaning=0.4,
    commit_alike=0.3,
    commit_words=0.3,
    package=0.25,
    file_lacks=0.7,
    chunk_lacks=0.8,
)
BY_WORDS: Final = replace(
    WORDS,
    file_text=0.6,
    stem=0.6,
    folders=1.2,
    path_share=0.15,
    held=0.1,
    file_names=0.2,
    exact_name=0.25,
    mentions=0.15,
    wider_stem=0.2,
)
"""Where nothing tells what words mean, their places in names have to say more of it, and how well
known a file is would outweigh them."""
CHANGE: Final = replace(
    BY_WORDS,
    file_text=0.8,
    stem_share=0.3,
    stem_equals=0.3,
    stem_like=0.6,
    path_share=0.3,
    held=0.3,
    file_names=0.3,
    file_joined=0.45,
    wider_text=0.2,
    size=0.1,
    definitions=0.0,
    mentions=0.0,
    siblings=0.0,
    chunk_names=0.0,
    word_is_name=0.1,
    chunk_joined=0.3,
    coverage=0.35,
    several=0.2,
    path_meaning=0.3,
    commit_alike=0.4,
    commit_words=0.6,
    package=0.0,
)
"""A change often touches what stands behind the file that is named for the matter: it is found by
all that is said, wherever a file has it, and less by the name that fits best or by how much of the
file is about it; and it is asked for as the subject of a commit says it."""
SENTENCE: Final = replace(
    CHANGE,
    held=0.2,
    chunk_text=0.6,
    several=0.3,
    commit_alike=0.2,
    commit_words=0.2,
    package=0.25,
)
"""Who says in many words what is to be found seldom has the name of the file among them, and the
files that everything is about have some of any question."""
_FEW: Final = 5
_MANY: Final = 8
"""Up to so many words a question is one of few words, from so many on a sentence."""
MESSAGE: Final = replace(
    CHANGE,
    stem=0.2,
    stem_share=0.0,
    stem_equals=0.0,
    stem_like=0.1,
    folders=0.2,
    path_share=0.0,
    held=0.6,
    chunk_text=1.0,
    coverage=2.0,
    file_meaning=0.2,
    path_meaning=0.0,
    commit_alike=0.2,
    commit_words=0.2,
)
"""What a program said stands in its source with most of its words in one place, wherever that file
is and whatever it is called."""
IDENTIFIER: Final = Weights(
    file_text=0.6,
    stem=0.6,
    stem_share=0.5,
    folders=0.3,
    folder_share=0.0,
    file_names=0.2,
    stem_equals=1.0,
    stem_like=0.5,
    path_share=0.0,
    held=0.0,
    file_joined=0.3,
    wider_text=0.05,
    wider_stem=0.2,
    size=0.05,
    definitions=0.05,
    mentions=0.0,
    siblings=0.0,
    chunk_text=1.0,
    chunk_names=0.1,
    exact_name=1.5,
    declared=1.5,
    spelled=0.7,
    word_is_name=0.2,
    joined_name=0.2,
    chunk_joined=0.2,
    coverage=0.0,
    complete=0.0,
    route=0.0,
    several=0.2,
    second=0.5,
    chunk_meaning=0.08,
    file_meaning=0.08,
    path_meaning=0.0,
    commit_alike=0.0,
    commit_words=0.0,
    package=0.25,
    file_lacks=0.4,
    chunk_lacks=0.6,
)


def weights_of(question: Question, *, by_meaning: bool) -> Weights:
    """The weights for a question's kind.

    Args:
        question: The question.
        by_meaning: Whether vectors tell how close files are to it.
    """
    if question.is_identifier:
        return IDENTIFIER
    if question.is_message:
        return MESSAGE
    if question.is_change:
        return CHANGE
    few = WORDS if by_meaning else BY_WORDS
    further = min(len(question.words), _MANY) - _FEW
    return _towards_sentence(few, further / (_MANY - _FEW)) if further > 0 else few


@lru_cache(maxsize=16)
def _towards_sentence(few: Weights, share: float) -> Weights:
    """The weights that lie between those of few words and of a sentence, by its `share`."""
    both = zip(astuple(few), astuple(SENTENCE), strict=True)
    return Weights(*(one + share * (other - one) for one, other in both))
