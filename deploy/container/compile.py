"""Compile what lies in some folders, or Python's own library, while an image is built: `compile.py [FOLDER...]`.

The result is taken unchecked at run time: nothing in an image changes, whatever times its files have.
"""

from __future__ import annotations

import compileall
import sys
import sysconfig
from py_compile import PycInvalidationMode


def main(folders: list[str]) -> int:
    """Compile them; what cannot be compiled is said, and is compiled by nobody later either."""
    for folder in folders or [sysconfig.get_path("stdlib")]:
        compileall.compile_dir(
            folder, quiet=1, force=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
