"""How programs can be streamlined: what is taught twice, in the wrong order or not at all. Pure."""

from __future__ import annotations
