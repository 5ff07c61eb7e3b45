"""What the bundle's host starts."""

import sys

from claudetask_mcp.start import main

if __name__ == "__main__":
    sys.exit(main())
