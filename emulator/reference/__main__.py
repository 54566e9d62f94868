"""``scripts/reference``: write the pages of ``docs/reference/`` anew."""

from __future__ import annotations

import sys
from pathlib import Path

from emulator.reference.pages import FOLDER, write


def main() -> int:
    """Write the pages below the working directory; the result is the exit status."""
    root = Path.cwd()
    if not (root / "firmware_model").is_dir() or not (root / "tests").is_dir():
        print("reference: run scripts/reference in a checkout; here is no source tree", file=sys.stderr)
        return 1
    changed = write(root)
    print(f"{FOLDER}: {', '.join(changed) if changed else 'everything is up to date'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
