"""Makes what git ignores, the Python code of every .proto and the page's font: as hatchling's build hook, or by hand.

By hand: `python protos/build_hook.py`. Generated files are never tracked, so a build always makes them anew.
"""

from __future__ import annotations

import shutil
import sys
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from google.api import annotations_pb2
from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
STATIC = ROOT.parent / "services/gateway/web/static"
LATIN = (*range(0x20, 0x7F), *range(0xA0, 0x180))
SIGNS = "‐‑–—‘’‚“”„•…€←→−○▲◆"
SUFFIXES = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")


def _plugin(name: str) -> str:
    # An isolated build has the plugins on PATH; by hand they lie beside an interpreter that may not be.
    found = shutil.which(f"protoc-gen-{name}")
    return found or str(Path(sys.executable).parent / f"protoc-gen-{name}")


def generate() -> list[Path]:
    """Deletes old output, runs protoc over all of protos/winnow and returns the files it made."""
    for old in ROOT.rglob("*_pb2*"):
        if old.name.endswith(SUFFIXES):
            old.unlink()
    sources = sorted(str(path.relative_to(ROOT)) for path in ROOT.joinpath("winnow").rglob("*.proto"))
    well_known = resources.files("grpc_tools") / "_proto"
    google_api = Path(str(annotations_pb2.__file__)).parents[2]
    plugins = [f"--plugin=protoc-gen-{name}={_plugin(name)}" for name in ("mypy", "mypy_grpc")]
    untyped: Any = protoc  # the package has no types
    code: int = untyped.main(
        [
            "protoc",
            f"-I{ROOT}",
            f"-I{well_known}",
            f"-I{google_api}",
            *plugins,
            f"--python_out={ROOT}",
            f"--grpc_python_out={ROOT}",
            f"--mypy_out=quiet:{ROOT}",
            f"--mypy_grpc_out=quiet,only_async:{ROOT}",
            *sources,
        ]
    )
    if code != 0:
        raise SystemExit(f"protoc failed with code {code}")
    return sorted(path for path in ROOT.rglob("*_pb2*") if path.name.endswith(SUFFIXES))


def make_font() -> list[Path]:
    """Inter as the page needs it (Latin to Extended-A, weights 400 to 650, tabular figures), and its licence."""
    package = resources.files("fontpkg_inter")
    made = [STATIC / "inter.woff2", STATIC / "inter.LICENSE"]
    if all(path.exists() and path.stat().st_mtime > Path(__file__).stat().st_mtime for path in made):
        return made
    subset, instancer = import_module("fontTools.subset"), import_module("fontTools.varLib.instancer")
    options = subset.Options()
    options.layout_features = ["kern", "liga", "calt", "tnum", "ccmp", "locl", "mark", "mkmk"]
    options.name_IDs = [0, 1, 2, 13, 14]
    options.notdef_outline = True
    with resources.as_file(package / "files" / "Inter[opsz,wght].ttf") as source:
        font = import_module("fontTools.ttLib").TTFont(source)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[*LATIN, *map(ord, SIGNS)])
    subsetter.subset(font)
    font = instancer.instantiateVariableFont(font, {"opsz": 14, "wght": (400, 650)})
    font.flavor = "woff2"
    font.save(made[0])
    made[1].write_bytes((package / "LICENSE").read_bytes())
    return made


class BuildHook(BuildHookInterface[Any]):
    """Makes generated code part of every build, though git ignores it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects files."""
        made = [*generate(), *make_font()]
        build_data["artifacts"].extend(str(path.relative_to(ROOT.parent)) for path in made)


if __name__ == "__main__":
    generate()
    make_font()
