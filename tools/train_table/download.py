"""Fetches the pinned archives with the package managers of this machine, as they are set up."""

import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

SECONDS = 600


@dataclass(frozen=True)
class Source:
    """One package of a registry, as it is pinned, with its licence."""

    registry: str
    pin: str
    licence: str

    @property
    def slug(self) -> str:
        return self.pin.replace("/", "+").replace("@", "_")


def archives(source: Source, cache: Path) -> list[Path]:
    """The archives of a source, downloaded where they are not in `cache` yet.

    Returns:
        Their paths; none where the registry does not have the package.
    """
    folder = cache / source.registry / source.slug
    done = folder / ".done"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        {"pypi": _pypi, "npm": _npm, "debian": _debian}[source.registry](source.pin, folder, cache)
        done.touch()
    return sorted(path for path in folder.iterdir() if path.name != ".done")


def fingerprint(paths: list[Path]) -> str:
    """The SHA-256 of the archives, one after the other."""
    digest = sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def ready() -> None:
    """Asks each package manager for its version.

    Raises:
        RuntimeError: One of them does not answer, and without it nothing would be fetched.
    """
    for command in ([sys.executable, "-m", "pip"], ["npm"], ["apt-get"]):
        try:
            done = _run([*command, "--version"], Path.cwd())
        except FileNotFoundError as error:
            raise RuntimeError(f"{command[0]} is not installed.") from error
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} does not run: {done.stderr.strip()}")


def _run(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 — built here from pinned names
        command, cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def _pypi(pin: str, folder: Path, _cache: Path) -> None:
    """An sdist by its address: `pip download` would build it to read its dependencies."""
    name, _, version = pin.partition("==")
    base = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download"]
    done = _run(
        [*base, "--no-deps", "--no-binary", ":all:", "--no-build-isolation", f"{name}=={version}"],
        folder,
    )
    if done.returncode and not any(folder.iterdir()):
        _run([*base, "--no-deps", "--only-binary", ":all:", f"{name}=={version}"], folder)


def _npm(pin: str, folder: Path, _cache: Path) -> None:
    _run(["npm", "pack", "--silent", "--ignore-scripts", pin], folder)


def _debian(pin: str, folder: Path, cache: Path) -> None:
    _run(["apt-get", *_apt(cache), "-q", "source", "--download-only", pin], folder)
    for path in folder.iterdir():
        if not path.name.endswith((".orig.tar.gz", ".orig.tar.xz", ".orig.tar.bz2", ".tar.xz")):
            path.unlink()


def _apt(cache: Path) -> list[str]:
    """Options by which apt reads the machine's own sources, as those of source packages."""
    lists = cache / "apt"
    options = [
        "-o", f"Dir::Etc::sourcelist={lists / 'src.sources'}",
        "-o", "Dir::Etc::sourceparts=-",
        "-o", f"Dir::State::lists={lists / 'lists'}",
    ]  # fmt: skip
    if not lists.exists():
        (lists / "lists" / "partial").mkdir(parents=True)
        text = Path("/etc/apt/sources.list.d/debian.sources").read_text(encoding="utf-8")
        stanzas = [one for one in text.split("\n\n") if "security" not in one]  # it drops versions
        sources = "\n\n".join(stanzas).replace("Types: deb\n", "Types: deb-src\n")
        (lists / "src.sources").write_text(sources, encoding="utf-8")
        _run(["apt-get", *options, "-q", "update"], lists)
    return options
