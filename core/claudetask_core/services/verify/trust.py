"""Which commands of which project a person has said may be run.

Trust is in the very bytes of one `config.toml` at one place. It is a file in the user's own data
folder, named by the digest of both, so no repository can bring it along, and whatever changes in
that config ends it.
"""

import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from claudetask_core.config import CONFIG_FILE, ProjectConfig, project_config
from claudetask_core.db.engine import make_private_folder
from claudetask_core.errors import Forbidden, Unavailable

MAX_BYTES = 1024 * 1024


class ConfigLeadsOut(Forbidden):
    code = "config_leads_out"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not a plain file of the project's own, so its commands are not run.",
            next_step="Put a plain file in its place.",
        )


class TrustUnwritable(Unavailable):
    code = "trust_unwritable"


@dataclass(frozen=True)
class Config:
    """The contents of a project's `config.toml`, read once, and what they say."""

    path: Path
    content: bytes
    said: ProjectConfig

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def commands(self) -> tuple[tuple[str, ...], ...]:
        return self.said.verify.commands


def read_config(board: Path) -> Config | None:
    """The board's `config.toml`, or None where there is none.

    What is hashed, parsed and run is one reading of one plain file, which no link leads to.

    Raises:
        ConfigLeadsOut: It is a link, or no plain file.
        ConfigurationInvalid: It cannot be read, or says what it may not.
    """
    path = board / CONFIG_FILE
    try:
        if path.resolve() != path:
            raise ConfigLeadsOut(path)
        content = _plain(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, RuntimeError):  # the latter from links in a circle
        raise ConfigLeadsOut(path) from None
    return Config(path, content, project_config(content, path))


def _plain(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ConfigLeadsOut(path)
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigLeadsOut(path)
    return content


class Trust:
    """What a person trusted; without a folder nothing is."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def holds(self, config: Config) -> bool:
        if self._folder is None:
            return False
        try:
            return stat.S_ISREG(os.lstat(self._folder / _name(config)).st_mode)
        except OSError:
            return False

    def give(self, config: Config) -> None:
        """Records that a person trusts this content here.

        Raises:
            TrustUnwritable: The record cannot be written.
        """
        if self._folder is None:
            raise TrustUnwritable("There is no place to record trust in.")
        make_private_folder(self._folder)
        record = {
            "config": os.fsdecode(config.path).encode("utf-8", "replace").decode(),
            "sha256": config.digest,
            "commands": config.commands,
        }
        made = self._folder / f".{_name(config)}.{os.getpid()}"
        try:
            made.touch(0o600)
            made.write_text(json.dumps(record, indent=1), "utf-8")
            made.replace(self._folder / _name(config))
        except OSError as error:
            with suppress(OSError):
                made.unlink(missing_ok=True)
            raise TrustUnwritable(
                f"{self._folder} cannot be written: {error.strerror}.",
                next_step="Mend its permissions and try again.",
            ) from None


def _name(config: Config) -> str:
    place = hashlib.sha256(os.fsencode(config.path) + b"\0" + config.digest.encode())
    return f"{place.hexdigest()}.json"
