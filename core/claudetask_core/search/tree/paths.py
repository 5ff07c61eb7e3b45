"""The terms of a file's place in the tree: of its name and of its last folders."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from claudetask_core.search.text.tokens import JOINED, joined, stem, terms

_FOLDERS: Final = 3


class PathTerms(NamedTuple):
    """`stem_words` are the words of the name without its extension, `stems` the whole of it.

    `folders` counts the words of the folders, whole identifiers left out.
    """

    stem_words: tuple[str, ...]
    stems: tuple[str, ...]
    folder_words: tuple[str, ...]
    folders: int


@lru_cache(maxsize=4096)
def _folder_terms(folders: str) -> tuple[tuple[str, ...], int]:
    found: dict[str, None] = {}
    for folder in folders.split("/")[-_FOLDERS:]:
        found.update(dict.fromkeys(terms(folder)))
    return tuple(found), sum(word[0] != JOINED for word in found)


@lru_cache(maxsize=8192)
def path_terms(path: str) -> PathTerms:
    """Takes a project-relative path apart."""
    folders, _, name = path.rpartition("/")
    name = name.lstrip(".").partition(".")[0]
    words = dict.fromkeys(term for term in terms(name) if term[0] != JOINED)
    whole = joined(name.replace("-", "_"))
    stems = dict.fromkeys((whole, stem(whole)))
    return PathTerms(tuple(words), tuple(stems), *_folder_terms(folders))


def parents(paths: Iterable[str]) -> set[str]:
    """The folders of files, and those around them, an empty one for the tree itself."""
    found = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
