"""Makes the page's font: what it needs of Inter, from the package `fontpkg-inter`, as one woff2.

python -m venv v && v/bin/pip install fonttools brotli fontpkg-inter==4.1.post1
v/bin/python deploy/web_font.py services/gateway/web/static/inter.woff2
"""

from __future__ import annotations

import sys
from pathlib import Path

import fontpkg_inter
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LATIN = (*range(0x20, 0x7F), *range(0xA0, 0x180))
SIGNS = tuple(map(ord, "‐‑–—‘’‚“”„•…€←→−○▲◆"))


def main() -> None:
    """Latin and Latin Extended-A, weights 400 to 650, with tabular figures."""
    options = Options()
    options.layout_features = ["kern", "liga", "calt", "tnum", "ccmp", "locl", "mark", "mkmk"]
    options.name_IDs = [0, 1, 2, 13, 14]
    options.notdef_outline = True
    source = next(Path(fontpkg_inter.__file__).parent.glob("files/Inter[[]*.ttf"))
    font = TTFont(source)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[*LATIN, *SIGNS])
    subsetter.subset(font)
    font = instancer.instantiateVariableFont(font, {"opsz": 14, "wght": (400, 650)})
    font.flavor = "woff2"
    font.save(sys.argv[1])


if __name__ == "__main__":
    main()
