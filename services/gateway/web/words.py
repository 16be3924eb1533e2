"""Every word of the page, by key, from one catalog; another language is another file beside `locales/en.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, cast

_Catalog = dict[str, Any]

_ENGLISH: _Catalog = tomllib.loads((Path(__file__).parent / "locales" / "en.toml").read_text("utf-8"))


def say(key: str, /, **values: object) -> str:
    """The text of `section.name` with its `{values}` filled in; whole numbers get thousands separators.

    An entry with `one` and `other` is chosen by `n`. KeyError for a key that the catalog does not have.
    """
    section, _, name = key.partition(".")
    entry = _ENGLISH[section][name]
    if not isinstance(entry, str):
        forms = cast("dict[str, str]", entry)
        entry = forms["one" if values.get("n") == 1 else "other"]
    return entry.format(**{name: _shown(value) for name, value in values.items()})


def known(key: str, otherwise: str, /, **values: object) -> str:
    """As `say`; `otherwise` where the catalog has no words for a key that came from the API."""
    section, _, name = key.partition(".")
    return say(key, **values) if name in _ENGLISH.get(section, {}) else otherwise


def number(value: float, digits: int = 0, *, signed: bool = False) -> str:
    """The number with the separators of the catalog's language, rounded to so many digits behind its decimal sign."""
    written = f"{value:{'+' if signed else ''},.{digits}f}"
    marks = _ENGLISH["number"]
    return written.translate({ord(","): marks["thousands"], ord("."): marks["decimal"]})


def percent(share: float, *, signed: bool = False) -> str:
    """A share of one in hundreds, as the catalog's language writes it."""
    return say("number.percent", n=number(100 * share, signed=signed))


def _shown(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return number(value)
    return str(value)
