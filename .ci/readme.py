"""Prints one of the README's two commands: `python3 .ci/readme.py install|test`.

A command is the fenced block that follows the marker comment of its name, so that what is run is
what is read.
"""

import re
import sys
from pathlib import Path


def command(name: str) -> str:
    """The shell text under `<!-- run: NAME -->`."""
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    found = re.search(rf"<!-- run: {name} -->\n+```sh\n(.*?)\n```", readme, re.DOTALL)
    if found is None:
        sys.exit(f"README.md has no command marked {name}")
    return found.group(1)


if __name__ == "__main__":
    sys.stdout.write(command(sys.argv[1]) + "\n")
