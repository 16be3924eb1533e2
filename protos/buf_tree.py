"""Lays out a folder that buf can check: buf resolves imports inside its folder only, and Google's are not ours.

`python protos/buf_tree.py OUT [REV]` copies protos/ as it stands, or as it was at a git revision, to OUT, with the
imported google/ files of googleapis-common-protos beside it. Check it with `--path winnow`, so that only ours count.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import files
from io import BytesIO
from pathlib import Path

PROTOS = Path(__file__).resolve().parent


def lay_out(out: Path, revision: str | None) -> None:
    """Writes the folder anew; CalledProcessError when the revision has no protos."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    if revision is None:
        shutil.copy(PROTOS / "buf.yaml", out)
        shutil.copytree(
            PROTOS / "winnow", out / "winnow", ignore=shutil.ignore_patterns("*.py", "*.pyi", "__pycache__")
        )
    else:
        archive = subprocess.run(
            ["git", "archive", f"{revision}:protos"], cwd=PROTOS.parent, capture_output=True, check=True
        )
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
            tar.extractall(out, filter="data")
    for path in files("googleapis-common-protos") or []:
        if path.suffix == ".proto":
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path.locate(), target)


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
