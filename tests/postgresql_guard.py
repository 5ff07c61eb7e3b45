"""Ends a PostgreSQL server whose tests are gone; run as a program, by its path.

Who starts the server holds the other end of a pipe that is this program's stdin. When that end
closes, because the tests are done or because they were killed, the server that still runs in the
folder is ended by the command that was given, and the folder taken away.
"""

import os
import pwd
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

SECONDS = 20.0


def main(folder: Path, stop: list[str]) -> None:
    while os.read(0, 64):
        pass
    if (folder / "data" / "postmaster.pid").exists():
        # pg_ctl refuses to be run by root
        owner = pwd.getpwuid(folder.stat().st_uid) if os.geteuid() == 0 else None
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                stop,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd=folder,
                user=None if owner is None else owner.pw_uid,
                group=None if owner is None else owner.pw_gid,
                extra_groups=None if owner is None else [],
                timeout=SECONDS,
            )
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
