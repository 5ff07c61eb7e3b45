"""Installs the peer, and a model for it that needs no hub."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from speed.processes import Program

VERSION: Final = "0.7.0"
DIMENSIONS: Final = 256
VOCABULARY: Final = 63_500
_MODEL: Final = """
import collections, pathlib, re, sys
import numpy
from model2vec import StaticModel
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

folder, root, dimensions, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
words = collections.Counter()
for path in sorted(pathlib.Path(root).rglob("*")):
    if path.is_file() and ".git" not in path.parts:
        words.update(re.findall(r"[a-z]+|[0-9]+", path.read_text("utf-8", "ignore").lower()))
pieces = ["[PAD]", "[UNK]"] + [sign + chr(code) for code in range(33, 127) for sign in ("", "##")]
for word, _ in words.most_common():
    pieces += [word, "##" + word]
pieces = list(dict.fromkeys(pieces))[:size]
pieces += [f"[unused{number}]" for number in range(size - len(pieces))]
vocabulary = {piece: number for number, piece in enumerate(pieces)}
tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
vectors = numpy.random.default_rng(7).standard_normal((size, dimensions)).astype("float32")
StaticModel(vectors, tokenizer, normalize=True).save_pretrained(folder)
"""
_LIST: Final = """
import pathlib, sys
from semble.index.file_walker import walk_files
from semble.index.files import FileStatus, get_extensions, get_file_status
from semble.types import ContentType

root = pathlib.Path(sys.argv[1]).resolve()
for path in walk_files(root, get_extensions((ContentType.CODE,))):
    if get_file_status(path, path.stat()) == FileStatus.VALID:
        print(path.relative_to(root))
"""


def install(venv: Path) -> Path:
    """Makes the peer's virtual environment where it is missing; answers its interpreter."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    installed = subprocess.run(
        [python, "-m", "pip", "show", "semble"], capture_output=True, check=False, text=True
    ).stdout
    if f"Version: {VERSION}\n" not in installed:
        subprocess.run([python, "-m", "pip", "install", "-q", f"semble=={VERSION}"], check=True)
    return python


def program(venv: Path, corpus: Path) -> Program:
    """The peer, ready to run, with random vectors over a vocabulary out of the corpus.

    They are as many and as long as those of the model it loads by default, so that they cost
    as much; what is found with them is not looked at.
    """
    python = install(venv)
    model = venv / f"random-{VOCABULARY}-{DIMENSIONS}"
    if not (model / "model.safetensors").exists():
        arguments = [str(model), str(corpus), str(DIMENSIONS), str(VOCABULARY)]
        subprocess.run([python, "-c", _MODEL, *arguments], check=True, stdout=subprocess.DEVNULL)
    return Program("peer", python, {"SEMBLE_MODEL_NAME": str(model), "HF_HUB_OFFLINE": "1"})


def listed(venv: Path, root: Path) -> list[str]:
    """The files that the peer would index."""
    output = subprocess.run(
        [install(venv), "-c", _LIST, root], capture_output=True, check=True, text=True
    ).stdout
    return output.splitlines()
