"""What never enters the index, in one place: secrets, binaries, lock files, generated giants.

The lists hold file-name patterns in lower case (`fnmatch`, case ignored). docs/search.md
repeats `SECRETS`, and a test compares the two.
"""

import re
from fnmatch import translate
from functools import lru_cache
from typing import Final

from claudetask_core.search.text.wordlist import words_of
from claudetask_core.search.tree.language_names import NOTEBOOK

FOLDERS: Final = frozenset({".git", ".hg", ".svn", ".claudetask", "node_modules", "__pycache__"})
"""Folders that are skipped wherever they stand, also where git lists what is in them."""

SECRETS: Final = (
    ".env", ".env.*", "*.env", ".envrc", "*.pem", "*.key", "*.p12", "*.pfx", "*.p8", "*.jks",
    "*.keystore", "*.kdbx", "*.gpg", "*.asc", "*.ppk", "*.ovpn", "id_rsa*", "id_dsa*",
    "id_ecdsa*", "id_ed25519*", "credentials", "credentials.*", ".credentials*", ".npmrc",
    ".pypirc", ".netrc", "_netrc", ".htpasswd", ".pgpass", ".my.cnf", ".git-credentials",
    ".dockercfg", ".dockerconfigjson", "secrets.json", "secrets.yml", "secrets.yaml",
    "secrets.toml", "*.tfstate", "*.tfstate.*", "*.tfvars", "service-account*.json",
    "service_account*.json", "kubeconfig",
)  # fmt: skip
NOT_SECRET: Final = (
    ".env.example", ".env.sample", ".env.template", ".env.dist", "*.pub", "credentials.py",
    "credentials.ts", "credentials.js", "credentials.go", "credentials.rb", "credentials.rs",
    "credentials.java", "credentials.kt", "credentials.cs", "credentials.php",
    "credentials.swift", "credentials.ex", "credentials.c", "credentials.h", "credentials.cpp",
    "credentials.md", "credentials.rst",
)  # fmt: skip
"""Names that a pattern of `SECRETS` matches and that hold examples or source code."""

LOCK_FILES: Final = (
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
    "uv.lock", "poetry.lock", "pipfile.lock", "pdm.lock", "cargo.lock", "gemfile.lock",
    "composer.lock", "go.sum", "go.work.sum", "mix.lock", "flake.lock", "packages.lock.json",
    "podfile.lock", "package.resolved", "pubspec.lock", "gradle.lockfile", "deno.lock",
    "*.min.js", "*.min.css", "*.map", "*.snap",
)  # fmt: skip
BINARIES: Final = words_of(
    "png jpg jpeg gif bmp ico icns webp avif tif tiff psd ai eps pdf ps zip gz tgz bz2 xz zst "
    "lz4 7z rar tar jar war ear whl egg gem nupkg deb rpm apk ipa dmg iso img exe dll so "
    "dylib a o obj lib class pyc pyo pyd wasm bin dat db sqlite sqlite3 db3 mdb parquet "
    "feather arrow npy npz h5 hdf5 pkl pickle pt pth onnx tflite safetensors gguf mp3 mp4 m4a "
    "m4v wav ogg oga ogv flac aac avi mov mkv webm ttf otf woff woff2 eot doc docx xls xlsx "
    "ppt pptx odt ods odp swf blend fbx glb stl dwg pack idx der crt cer bundle jsonl ndjson "
    "csv tsv svg"
)


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for pattern in patterns))


_SECRET: Final = _any_of(SECRETS)
_HARMLESS: Final = _any_of(NOT_SECRET)
_LOCK: Final = _any_of(LOCK_FILES)


def is_secret(name: str) -> bool:
    """Whether a file of this name is one that people keep secrets in."""
    lowered = name.lower()
    return bool(_SECRET.match(lowered)) and not _HARMLESS.match(lowered)


@lru_cache(maxsize=100_000)
def is_unwanted(path: str) -> bool:
    """Whether a file is left out for its project-relative path alone."""
    *folders, name = path.split("/")
    if not FOLDERS.isdisjoint(folders):
        return True
    lowered = name.lower()
    _, dot, extension = lowered.rpartition(".")
    if dot and extension in BINARIES:
        return True
    return is_secret(lowered) or bool(_LOCK.match(lowered))


_SAMPLE: Final = 8192
_LONG_LINE: Final = 5000
_MEAN_LINE: Final = 400
_SMALL: Final = 20_000
_WRITTEN: Final = 50
"""So many lines of a usual length for each long one show that people write the file, and that the
long one is data within it."""
_PROSE: Final = words_of("markdown restructuredtext text")


def unreadable(data: bytes, language: str | None = None) -> str | None:
    """Why a file is not worth indexing, or None where it is.

    Args:
        data: Its bytes, in an encoding that ASCII is part of.
        language: Its language; pictures make the lines of a notebook long, and a line of prose
            may be a paragraph.
    """
    if b"\0" in data[:_SAMPLE]:
        return "binary"
    if len(data) <= _SMALL or language == NOTEBOOK:
        return None
    lines = data.split(b"\n")
    return None if _is_written(data, lines, language) else "generated"


def _is_written(data: bytes, lines: list[bytes], language: str | None) -> bool:
    """Whether lines are such as people write, by their lengths."""
    short = [line for line in lines if len(line) <= _LONG_LINE]
    if language in _PROSE:
        return 2 * sum(map(len, short)) > len(data)
    long = len(lines) - len(short)
    if long and len(short) >= _WRITTEN * long:
        return True
    head = data[: _SAMPLE * 8].split(b"\n")
    return len(data) / len(lines) <= _MEAN_LINE and max(map(len, head)) <= _LONG_LINE * 4
