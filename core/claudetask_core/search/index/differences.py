"""What has to be done to the index for it to equal the tree, and how far that is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from claudetask_core.search.index.rows import FileRow
from claudetask_core.search.tree.reading import Signature


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the tree the index holds as it is: `fresh` of `total` files."""

    total: int
    fresh: int
    chunks: int

    @property
    def complete(self) -> float:
        return self.fresh / self.total if self.total else 1.0


@dataclass(slots=True)
class Work:
    """Files to be indexed anew, `size` bytes in all, and those that are there no more."""

    changed: list[str] = field(default_factory=list[str])
    gone: list[str] = field(default_factory=list[str])
    size: int = 0

    def __len__(self) -> int:
        return len(self.changed) + len(self.gone)


def differences(signatures: Mapping[str, Signature | None], known: Mapping[str, FileRow]) -> Work:
    """The work on some files.

    Args:
        signatures: What each has now, None for one that is not there.
        known: All that is indexed.
    """
    work = Work()
    for path, signature in signatures.items():
        row = known.get(path)
        if signature is None:
            if row is not None:
                work.gone.append(path)
        elif row is None or row.signature != signature:
            work.changed.append(path)
            work.size += signature.size
    return work
