"""The tables of the index file.

A *blob* is one content with its chunks, named by a hash of its bytes and its language; a *tree* is
a list of path → blob, of one folder as seen by one set of rules. So linked worktrees and branches
share what is analysed, and a rename analyses nothing. Chunks have numbers that are never used
again. Postings stand in *segments*, each written once with a batch of blobs; small segments are
merged into larger ones later. The *history* of a tree is what its commits say: as they were read,
and as arrays for ranking.
"""

from typing import Final

FORMAT: Final = 16
TABLES: Final = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE trees (
    id INTEGER PRIMARY KEY AUTOINCREMENT, root BLOB NOT NULL, rules BLOB NOT NULL,
    UNIQUE (root, rules)
);
CREATE TABLE blobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE,
    base INTEGER NOT NULL, chunks INTEGER NOT NULL, length INTEGER NOT NULL,
    definitions INTEGER NOT NULL, lengths BLOB NOT NULL, rows BLOB NOT NULL
);
CREATE TABLE vectors (encoder TEXT NOT NULL, blob INTEGER NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX vectors_by_encoder ON vectors (encoder, blob);
CREATE TABLE entries (
    tree INTEGER NOT NULL, path TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL,
    digest BLOB NOT NULL, language TEXT, blob INTEGER, seq INTEGER NOT NULL,
    PRIMARY KEY (tree, path)
) WITHOUT ROWID;
CREATE INDEX entries_by_seq ON entries (tree, seq);
CREATE INDEX entries_by_blob ON entries (blob);
CREATE TABLE gone (
    tree INTEGER NOT NULL, path TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (tree, path)
) WITHOUT ROWID;
CREATE INDEX gone_by_seq ON gone (tree, seq);
CREATE TABLE histories (
    tree INTEGER PRIMARY KEY, position TEXT NOT NULL, commits BLOB NOT NULL, data BLOB NOT NULL
);
CREATE TABLE segments (id INTEGER PRIMARY KEY AUTOINCREMENT, chunks INTEGER NOT NULL);
CREATE TABLE postings (
    segment INTEGER NOT NULL, term TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (segment, term)
) WITHOUT ROWID;
"""
