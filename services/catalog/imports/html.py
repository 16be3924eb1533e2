"""HTML into light Markdown: what a reader would see, block by block, without what makes it look nice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import cast

from lxml import etree

from services.catalog.imports.text import clean_line, clean_text, decode
from services.catalog.imports.xml import Element

# libxml2 stops at 256 levels, so walking a tree by recursion stays within Python's limit.
_MARKUP = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^<>]*>|<[!?][^<>]*>")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_UNSEEN = frozenset({
    "script", "style", "template", "noscript", "head", "title", "meta", "link", "base", "object", "embed", "applet",
    "iframe", "frameset", "noframes", "canvas", "audio", "video", "map", "area", "datalist", "textarea",
})  # fmt: skip
_VOID = frozenset({"meta", "link", "base", "area"})  # have no end
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset({
    "html", "body", "p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "address", "figure",
    "figcaption", "form", "fieldset", "legend", "details", "summary", "dl", "dt", "dd", "center", "hgroup", "menu",
    "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "li", "dialog", "search", "optgroup", "option", "hr",
})  # fmt: skip
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
# Inside a list item or a table cell these mean that it is layout, not a list or a table of data.
_STRUCTURE = frozenset(
    {*_HEADINGS, "table", "pre", "blockquote", "article", "section", "main", "nav", "form", "hr"}
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's visible text in blocks, its title and first heading, its language, and its links as written with
    the words that first lead there.

    `complete` is false when the page is nested so deeply that only its words were read; `root` is None for an
    empty page.
    """

    title: str
    heading: str
    language: str
    blocks: tuple[str, ...]
    links: Mapping[str, str]
    complete: bool
    root: Element | None

    @property
    def text(self) -> str:
        """The visible text in light Markdown."""
        return "\n\n".join(self.blocks)


def decode_html(data: bytes) -> tuple[str, bool]:
    """The markup, and whether its encoding had to be guessed."""
    head = data[:4_096]
    found = _XML_ENCODING.match(head) or _CHARSET.search(head)
    return decode(data, found[1].decode("ascii", "replace") if found else "")


def read_html(markup: str) -> Page:
    """Everything a reader needs of a page; broken markup is read as browsers do, and never an error."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    data = markup.replace("\0", "").encode("utf-8", "replace")
    root = cast("Element | None", etree.fromstring(data, parser) if data.strip() else None)
    if root is None:
        return Page("", "", "", (), {}, complete=True, root=None)
    writer = _Writer()
    writer.walk(root)
    writer.flush()
    too_deep = any("depth" in entry.message for entry in parser.error_log)
    if too_deep:  # the parser stops there, and browsers do not
        writer.blocks = _flat(markup)
    title = next((clean_line("".join(map(str, each.itertext()))) for each in root.iter("title")), "")
    heading = next((block.lstrip("# ") for block in writer.blocks if block.startswith("# ")), "")
    language = (
        root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")
    )
    return Page(
        title,
        heading,
        clean_line(str(language or "")),
        tuple(writer.blocks),
        writer.links,
        not too_deep,
        root,
    )


class _Writer:
    """Collects blocks while walking a tree; inline text waits in `_line` until its block ends."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.links: dict[str, str] = {}
        self._line: list[str] = []

    def walk(self, element: Element) -> None:
        """The element and what it holds, not what follows it."""
        tag = _tag(element)
        if tag in _UNSEEN or _hidden(element):
            return
        if tag in _HEADINGS:
            self._block("#" * _HEADINGS[tag] + " ", self.inline(element))
        elif tag == "pre":
            self._pre(element)
        elif tag in _LISTS:
            self.flush()
            self._list(element)
        elif tag == "table":
            self.flush()
            self._table(element)
        elif tag == "blockquote":
            self._quote(element)
        elif tag == "br":
            self._line.append("\n")
        elif tag in _BLOCKS:
            self.flush()
            self._inside(element)
            self.flush()
        else:
            self._link(element)
            self._inside(element)

    def flush(self) -> None:
        """Ends the block that is being written."""
        lines = (clean_line(line) for line in _broken("".join(self._line)))
        self._line.clear()
        if text := "\n".join(line for line in lines if line):
            self.blocks.append(text)

    def inline(self, element: Element, leave: frozenset[str] = frozenset()) -> str:
        """The text of an element on one line, without the lists in `leave`."""
        return clean_line("".join(self._pieces(element, leave)))

    def _pieces(self, element: Element, leave: frozenset[str]) -> Iterator[str]:
        self._link(element)
        yield element.text or ""
        for each in element:
            tag = _tag(each)
            if tag not in _UNSEEN and tag not in leave and not _hidden(each):
                gap = " " if tag in _BLOCKS or tag in _LISTS or tag in ("br", "table", "pre") else ""
                yield gap
                yield from self._pieces(each, leave)
                yield gap
            yield each.tail or ""

    def _inside(self, element: Element) -> None:
        self._line.append(_unbroken(element.text))
        for each in element:
            self.walk(each)
            self._line.append(_unbroken(each.tail))

    def _link(self, element: Element) -> None:
        if _tag(element) == "a" and (href := element.get("href")):
            self.links.setdefault(str(href).strip(), clean_line("".join(map(str, element.itertext()))))

    def _block(self, mark: str, text: str) -> None:
        self.flush()
        if text:
            self.blocks.append(mark + text)

    def _pre(self, element: Element) -> None:
        self.flush()
        text = clean_text("".join(str(piece) for piece in element.itertext()))
        if not text.strip():
            return
        code = next((each for each in element if _tag(each) == "code"), element)
        language = re.search(r"(?:language|lang|highlight)-([\w+#-]{1,20})", str(code.get("class") or ""))
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        self.blocks.append(f"{fence}{language[1] if language else ''}\n{text}\n{fence}")

    def _quote(self, element: Element) -> None:
        self.flush()
        inner = _Writer()
        inner.links = self.links
        inner._inside(element)
        inner.flush()
        if inner.blocks:
            self.blocks.append("\n>\n".join(re.sub("^", "> ", block, flags=re.M) for block in inner.blocks))

    def _list(self, element: Element, level: int = 0) -> None:
        """A list as one block; an item that holds headings or tables is layout and is written block by block."""
        lines: list[str] = []
        self._items(element, level, lines)
        if lines:
            self.blocks.append("\n".join(lines))

    def _items(self, element: Element, level: int, lines: list[str]) -> None:
        start = str(element.get("start") or "1")
        number = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
        ordered = _tag(element) == "ol"
        for item in element:
            tag = _tag(item)
            if tag in _UNSEEN or _hidden(item):
                continue
            if tag in _LISTS:  # not allowed, and common
                self._items(item, level + 1, lines)
                continue
            if any(_tag(each) in _STRUCTURE for each in item.iterdescendants()):
                if lines:
                    self.blocks.append("\n".join(lines))
                    lines.clear()
                self.walk(item)
                self.flush()
                continue
            if text := self.inline(item, _LISTS):
                lines.append(f"{'  ' * level}{f'{number}.' if ordered else '-'} {text}")
                number += 1
            for nested in _outermost(item, _LISTS):
                self._items(nested, level + 1, lines)

    def _table(self, element: Element) -> None:
        rows = [row for row in element.iterdescendants("tr") if _owner(row) is element]
        cells = [[cell for cell in row if _tag(cell) in ("td", "th") and not _hidden(cell)] for row in rows]
        layout = element.get("role") in ("presentation", "none") or max(map(len, cells), default=0) < 2
        if layout or any(
            _tag(each) in _STRUCTURE for row in cells for cell in row for each in cell.iterdescendants()
        ):
            self._inside(element)
            self.flush()
            return
        for caption in element:
            if _tag(caption) == "caption":
                self._block("", self.inline(caption))
        lines = [[self.inline(cell) for cell in row] for row in cells]
        if table := "\n".join(f"| {' | '.join(line)} |" for line in lines if any(line)):
            self.blocks.append(table)


def _flat(markup: str) -> list[str]:
    """The visible words of a page, a block for each piece between block tags."""
    pieces: list[str] = []
    unseen, at = "", 0
    for match in _MARKUP.finditer(markup):
        closes, tag = match[1], (match[2] or "").lower()
        if not unseen:
            pieces.append(markup[at : match.start()])
            if tag in _BLOCKS or tag in _HEADINGS or tag in _LISTS or tag in ("br", "table", "pre"):
                pieces.append("\0")
            if tag in _UNSEEN and not closes and tag not in _VOID:
                unseen = tag
        elif tag == unseen and closes:
            unseen = ""
        at = match.end()
    if not unseen:
        pieces.append(markup[at:])
    blocks = (clean_line(unescape(block)) for block in "".join(pieces).split("\0"))
    return [block for block in blocks if block]


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _hidden(element: Element) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN_STYLE.search(str(element.get("style") or "")))


def _outermost(element: Element, tags: frozenset[str]) -> Iterator[Element]:
    for each in element:
        if _tag(each) in tags:
            if not _hidden(each):
                yield each
        else:
            yield from _outermost(each, tags)


def _owner(row: Element) -> Element | None:
    return next((each for each in row.iterancestors() if _tag(each) == "table"), None)


def _unbroken(text: str | None) -> str:
    return text.replace("\n", " ") if text else ""


def _broken(text: str) -> list[str]:
    return text.split("\n")
