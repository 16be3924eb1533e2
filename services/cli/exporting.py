"""`winnow export`: the whole catalog in one file, equal for equal states."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from services.cli.arguments import Commands
from services.cli.client import client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, failed


def add(commands: Commands) -> None:
    """Adds `export`."""
    made = client_command(commands, "export", _export, "write the whole catalog to a file")
    made.add_argument("--out", required=True, type=Path, metavar="FILE", help="file to write or replace")
    made.add_argument(
        "--format", choices=("jsonl", "csv"), default="jsonl", help="csv has the resources only, one row each"
    )


def _export(asked: argparse.Namespace, data: DataFolder) -> Answer:
    out: Path = asked.out
    client = connect(asked, data)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    size = 0
    try:
        with unfinished.open("wb") as file:
            for page in client.pages("/v1/catalog:export", {"format": asked.format.upper()}):
                size += file.write(page["content"].encode())
        unfinished.replace(out)
    except OSError as error:
        raise failed(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    document = {"file": str(out), "format": asked.format, "bytes": size}
    return Answer(document, (f"{out}: {size} bytes",))
