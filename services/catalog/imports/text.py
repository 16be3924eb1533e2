"""Bytes into clean text: encodings as they are met in practice, and what no text keeps."""

from __future__ import annotations

import codecs
import re
import unicodedata

# What pages and tables declare in practice. A fixed list, because a locked worker cannot load a codec later, and
# because some of Python's codecs are no encodings of text.
_CODECS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii",
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859-2",
    "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-10",
    "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "latin-1", "cp437", "cp850", "cp852", "cp866",
    "koi8-r", "koi8-u", "mac-roman", "gb18030", "gbk", "gb2312", "big5", "shift_jis", "cp932", "euc_jp",
    "iso2022_jp", "euc_kr", "cp949", "tis-620",
)  # fmt: skip
_KNOWN = {codecs.lookup(name).name for name in _CODECS}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A capital with an accent inside a word, or a sign of money or fraction against a letter: a wrong guess.
_UNLIKELY = re.compile(r"(?<=[a-zà-ÿ])[À-ÞŠŽŸ]|[¡-¿†‡‰ˆ˜](?=[a-z])|(?<=[a-z])[¡-¦¨-¶¸-¿](?=\w)|\ufffd")

_DROPPED = {**dict.fromkeys(range(0xD800, 0xE000)), 0xAD: None, 0x200B: None, 0xFEFF: None}
_SPACED: dict[int, str | None] = {
    code: None if code in (0, 0x7F) else " " for code in (*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029)
}
_LINE = _SPACED | _DROPPED
_TEXT = {code: to for code, to in _LINE.items() if code != 0x0A}


def preload() -> None:
    """Loads every codec that `decode` may meet, for a process that cannot open files later."""
    for name in _CODECS:
        codecs.decode(b"", name)


def decode(data: bytes, declared: str = "") -> tuple[str, bool]:
    """The text, and whether its encoding had to be guessed.

    By byte order mark, else as declared, else UTF-8; what is not valid so is UTF-16 without mark, Windows-1252 or
    Mac Roman, whichever looks likeliest (the last as old authoring tools write it without saying so).
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace"), False
    if wide := _utf16(data):  # before UTF-8, as which words in ASCII are valid with a NUL after each letter
        return data.decode(wide, "replace"), True
    codec = _codec(declared)
    for name in dict.fromkeys((codec, "utf-8")):
        if name:
            try:
                return data.decode(name), name != codec and bool(declared)
            except UnicodeDecodeError:
                continue
    sample = data[:200_000]
    likely = min(("cp1252", "mac-roman"), key=lambda name: _oddity(sample, name))
    return data.decode(likely, "replace"), True


def clean_line(text: str) -> str:
    """One line: NFC, single spaces, no control characters, no spaces at its ends."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", text.translate(_LINE)).split())


def clean_text(text: str) -> str:
    """Lines kept: NFC, no control characters, no trailing spaces, no empty lines at its ends."""
    lines = unicodedata.normalize(
        "NFC", text.replace("\r\n", "\n").replace("\r", "\n").translate(_TEXT)
    ).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _codec(declared: str) -> str:
    name = declared.strip().strip("\"'").lower()
    if not name or len(name) > 40:
        return ""
    try:
        found = codecs.lookup({"x-sjis": "shift_jis", "macintosh": "mac-roman"}.get(name, name)).name
    except (LookupError, ValueError, OSError):  # OSError: a locked worker may not look for unknown codecs
        return ""
    if found in ("iso8859-1", "ascii"):  # as browsers do: nobody means the control characters of Latin-1
        return "cp1252"
    # A declaration was read as bytes, so a double-byte encoding without its mark is a mistake.
    return found if found in _KNOWN and not found.startswith(("utf-16", "utf-32")) else ""


def _utf16(data: bytes) -> str:
    sample = data[:4_000]
    if len(sample) < 4:
        return ""
    half = len(sample) // 2
    if sample[1::2].count(0) > 0.4 * half:
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) > 0.4 * half else ""


def _oddity(sample: bytes, name: str) -> int:
    return len(_UNLIKELY.findall(sample.decode(name, "replace")))
