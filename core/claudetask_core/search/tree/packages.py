"""How far the package that a file belongs to is behind the largest of the tree.

A package is a folder with a manifest, and what is below it up to the next one. Where one of them
holds most of the source, the others are beside it: adapters, command lines, helpers of its build.
How something works is mostly asked of the one; where many are of a size, none is preferred.
"""

import math
from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.text.wordlist import words_of

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_MANIFESTS: Final = words_of(
    "package.json cargo.toml pyproject.toml setup.py setup.cfg go.mod build.gradle "
    "build.gradle.kts pom.xml mix.exs composer.json package.swift pubspec.yaml build.sbt "
    "dune-project build.zig project.clj deps.edn makefile.pl"
)
_ENDINGS: Final = (".csproj", ".fsproj", ".vbproj", ".vcxproj", ".cabal", ".gemspec", ".rockspec")


class Packages:
    """Kept in step with the files, each of which has a folder with a number."""

    def __init__(self) -> None:
        self._folders: dict[str, int] = {}
        self._source: list[float] = []
        self._manifests: Counter[str] = Counter()
        self._owners: Numbers | None = None
        self._behind: Floats | None = None

    def add(self, path: str, size: float) -> int:
        """Takes in a file and answers the number of its folder.

        Args:
            path: The file.
            size: How much source it holds, 0 for what is none.
        """
        folder, _, name = path.rpartition("/")
        number = self._folders.get(folder)
        if number is None:
            number = self._folders[folder] = len(self._folders)
            self._source.append(0.0)
            self._owners = None
        self._change(folder, name, number, _counted(size), 1)
        return number

    def drop(self, path: str, size: float) -> None:
        """Forgets a file; arguments as for `add`."""
        folder, _, name = path.rpartition("/")
        self._change(folder, name, self._folders[folder], -_counted(size), -1)

    def _change(self, folder: str, name: str, number: int, size: float, files: int) -> None:
        if _is_manifest(name):
            self._manifests[folder] += files
            self._owners = None
        self._source[number] += size
        self._behind = None

    def behind(self, folders: NDArray[np.int32]) -> Floats:
        """How much less of all source the package of each folder holds than the largest, 0–1."""
        if self._behind is None:
            self._behind = self._measured()
        return self._behind[folders]

    def _measured(self) -> Floats:
        if self._owners is None:
            self._owners = self._found()
        sums = np.bincount(self._owners, self._source).astype(np.float64, copy=False)
        shares = sums / max(1.0, float(sums.sum()))
        return (shares.max() - shares)[self._owners]

    def _found(self) -> Numbers:
        """The package of each folder, by the number of a folder or above all of these."""
        known = {folder: place for place, folder in enumerate(self._folders)}
        owners: dict[str, int] = {"": len(known)}
        for folder in self._folders:
            way: list[str] = []
            above = folder
            while above not in owners and self._manifests[above] <= 0:
                way.append(above)
                above = above.rpartition("/")[0]
            owner = owners.setdefault(above, known.get(above, len(known)))
            owners.update(dict.fromkeys(way, owner))
        return np.fromiter((owners[folder] for folder in self._folders), np.int64, len(known))


def _counted(size: float) -> float:
    """Many files say more than a long one, which may be generated."""
    return math.sqrt(max(0.0, size))


def _is_manifest(name: str) -> bool:
    lowered = name.lower()
    return lowered in _MANIFESTS or lowered.endswith(_ENDINGS)
