"""Trains the table of term vectors that search ships.

    python -m tools.train_table CACHE [--checkouts FOLDER] [--epochs N] [--out FILE]

Needs scipy beside what the project itself needs, the package managers pip, npm and apt with
their usual registries, and about 2 GB under CACHE. `sources.toml` pins what is fetched, with
licences; `excluded.txt` names the repositories that search is measured on: no file whose path
has such a name becomes a pair, and none that shares eight lines with a checkout of one under
`--checkouts`. The same seed and archives give the same table up to the rounding of the machine.
"""

import argparse
import json
import random
import tomllib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from claudetask_core.search.vectors.table import PATH, write
from tools.train_table.corpus import Decontaminator, balanced, excluded, mined
from tools.train_table.download import Source, archives, fingerprint, ready
from tools.train_table.mine import Pair
from tools.train_table.train import bags, plain_terms, recall, reduced, train, vocabulary

SEED = 7
TERMS = 32_000
DIMENSIONS = 128
HELD_OUT = 3000


def sources() -> list[Source]:
    """The pinned sources."""
    text = (Path(__file__).parent / "sources.toml").read_text(encoding="utf-8")
    return [
        Source(registry, pin, licence)
        for registry, pins in tomllib.loads(text).items()
        for pin, licence in pins.items()
    ]


def mine_one(
    source: Source, cache: Path, clean: Decontaminator
) -> tuple[dict[str, object], list[tuple[str, Pair]]]:
    """What the list of sources says of one, and its pairs."""
    paths = archives(source, cache)
    found = mined(paths, clean, SEED)
    row: dict[str, object] = {
        "registry": source.registry,
        "package": source.pin,
        "archives": [path.name for path in paths if not path.name.endswith(".dsc")],
        "sha256": fingerprint(paths),
        "licence": source.licence,
        "pairs": len(found),
    }
    return row, found


def main() -> None:
    """Fetches, mines, trains, measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--checkouts", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=PATH)
    arguments = parser.parse_args()
    ready()
    clean = Decontaminator(excluded())
    if arguments.checkouts is not None:
        for checkout in sorted(arguments.checkouts.iterdir()):
            clean.learn(checkout)
    rows: list[dict[str, object]] = []
    found: list[tuple[str, Pair]] = []
    with ProcessPoolExecutor(2) as pool:
        mine = partial(mine_one, cache=arguments.cache, clean=clean)
        for row, pairs in pool.map(mine, sources()):
            rows.append(row)
            found.extend(pairs)
            print(row["package"], row["pairs"], flush=True)
    build(balanced(found, SEED), arguments.out, arguments.epochs)
    listed = arguments.out.with_suffix(".sources.json")
    listed.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n", encoding="utf-8")


def build(found: list[tuple[str, Pair]], out: Path, epochs: int) -> dict[str, float]:
    """Trains on pairs, writes the table, and tells how it does on pairs it has not seen."""
    random.Random(SEED).shuffle(found)  # noqa: S311 — an order of examples
    asked = [plain_terms(pair.question) for _, pair in found]
    answered = [plain_terms(pair.code) for _, pair in found]
    terms, rarity = vocabulary(
        [one + other for one, other in zip(asked, answered, strict=True)], TERMS
    )
    numbers = {term: number for number, term in enumerate(terms)}
    questions, answers = bags(asked, numbers), bags(answered, numbers)
    held = min(HELD_OUT, len(found) // 10)
    vectors = train(questions[held:], answers[held:], rarity, epochs=epochs, seed=SEED)
    short = reduced(vectors, min(DIMENSIONS, len(terms)))
    write(out, terms, short)
    quality = recall(questions[:held], answers[:held], short)
    print(f"{len(found)} pairs, {len(terms)} terms, held out: {quality}")
    return quality


if __name__ == "__main__":
    main()
