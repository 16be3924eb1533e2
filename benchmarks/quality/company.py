"""Company training as it goes wrong in life: real prose edited into copies, editions, excerpts and siblings.

The corpora hold technical documentation and textbooks; a company's catalog also has one template filled for many
sites, shortened copies and yearly editions. This makes such pairs, with their relation, out of the paragraphs of
any prose corpus, from a seed. It knows nothing of the sample catalog and is used for training and for judging
with different base texts and different templates.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.quality.templates import LONG, POOLS, SHORT

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
_SMALL = 5  # letters below which a word is not worth replacing


@dataclass(frozen=True, slots=True)
class Made:
    """Two texts and what they are to each other; CONTAINED means a is inside b. `how` names the edit."""

    a: str
    b: str
    relation: str
    how: str
    title_a: str = ""
    title_b: str = ""


Paragraphs = list[list[str]]  # sentences by paragraph


def paragraphs(body: str) -> Paragraphs:
    """The prose of a Markdown body: paragraphs of two sentences or more, without headings, lists and code."""
    found: Paragraphs = []
    for block in re.split(r"\n\s*\n", re.sub(r"(?s)```.*?```", "", body)):
        text = " ".join(block.split())
        if len(text) < 80 or text[0] in "#|-*>![{`<=+" or text[0].isdigit():
            continue
        sentences = _SENTENCE.split(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text))
        if len(sentences) >= 2:
            found.append(sentences)
    return found


class Company:
    """Makes pairs out of base texts; the same seed and texts make the same pairs."""

    def __init__(self, bodies: Sequence[str], seed: int, templates: slice) -> None:
        self._rng = random.Random(seed)
        texts = [found for body in bodies if sum(map(len, found := paragraphs(body))) >= 14]
        self._texts = texts
        self._all = [sentence for text in texts for paragraph in text for sentence in paragraph]
        words = Counter(word.lower() for sentence in self._all for word in _WORD.findall(sentence))
        self._common = [word for word, count in words.most_common(4000) if len(word) >= _SMALL]
        small = {word for sentence in self._all for word in _WORD.findall(sentence) if word.islower()}
        names = Counter(
            word
            for sentence in self._all
            for word in _WORD.findall(sentence)[1:]
            if word[0].isupper() and word.lower() not in small
        )
        self._names = [name for name, count in names.items() if len(name) > 3 and count < 40] or ["Kestrel"]
        self._name_set = frozenset(self._names)
        self._long = LONG[templates]
        self._short = SHORT[templates]

    def make(self, count: int) -> list[Made]:
        """`count` pairs of each way to make one."""
        ways: list[Callable[[], Made]] = [
            self._copy,
            self._light,
            self._heavy,
            self._heavy,
            self._replaced,
            self._year,
            self._shortened,
            self._shortened,
            self._inside,
            self._half,
            self._siblings_of_text,
            self._siblings_of_text,
            self._siblings_of_template,
            self._siblings_of_template,
            self._short_copy,
            self._short_edit,
            self._short_siblings,
            self._strangers,
            self._short_strangers,
        ]
        return [way() for _ in range(count) for way in ways]

    def _base(self) -> Paragraphs:
        """A run of paragraphs of 150 to 900 words."""
        rng = self._rng
        want = rng.choice((150, 250, 350, 500, 700, 900))
        text = rng.choice(self._texts)
        start = rng.randrange(max(1, len(text) - 4))
        found: Paragraphs = []
        size = 0
        for paragraph in text[start:] + text[:start]:
            found.append(list(paragraph))
            size += sum(len(sentence.split()) for sentence in paragraph)
            if size >= want:
                break
        return found

    def _body(self, text: Paragraphs) -> str:
        return "\n\n".join(" ".join(paragraph) for paragraph in text if paragraph)

    def _copy(self) -> Made:
        text = self._base()
        a = self._body(text)
        b = a.replace("\n\n", "\n\n\n") if self._rng.random() < 0.5 else a.replace(", ", " , ")
        return Made(a, b, "identical", "copy")

    def _light(self) -> Made:
        text = self._base()
        newer = self._edit(text, self._rng.uniform(0.04, 0.2), facts=self._rng.uniform(0.0, 0.6))
        return Made(self._body(text), self._body(newer), "revised", "light")

    def _heavy(self) -> Made:
        text = self._base()
        share = self._rng.uniform(0.3, 0.62)
        facts = self._rng.uniform(0.0, 1.0)
        return Made(
            self._body(text), self._body(self._edit(text, share, full=True, facts=facts)), "revised", "heavy"
        )

    def _replaced(self) -> Made:
        """A standard, product or office has a new name in the newer edition, and what was said of it changed."""
        rng = self._rng
        text = self._base()
        old, new = (" ".join(rng.sample(self._names, rng.randint(1, 2))) for _ in range(2))
        number_old, number_new = (str(rng.randint(100, 99999)) for _ in range(2))
        for _ in range(rng.randint(2, 6)):
            paragraph = rng.choice(text)
            place = rng.randrange(len(paragraph))
            paragraph[place] = rng.choice(
                (
                    f"Under {old}, {paragraph[place][0].lower()}{paragraph[place][1:]}",
                    f"{paragraph[place]} This is what {old} {number_old} asks for.",
                    f"{paragraph[place]} Write to {old} when you are not sure.",
                )
            )
        newer = self._edit(text, rng.uniform(0.15, 0.5), full=True, facts=rng.uniform(0.3, 1.0))
        b = self._body(newer).replace(old, new).replace(number_old, number_new)
        return Made(self._body(text), b, "revised", "replaced")

    def _year(self) -> Made:
        rng = self._rng
        text = self._base()
        year = rng.randint(2015, 2025)
        for paragraph in rng.sample(text, max(1, len(text) // 2)):
            place = rng.randrange(len(paragraph))
            paragraph[place] = rng.choice(
                (
                    f"In {year}, {paragraph[place][0].lower()}{paragraph[place][1:]}",
                    f"{paragraph[place]} This applies from 1 January {year}.",
                )
            )
        a = self._body(text)
        newer = self._edit(text, rng.uniform(0.0, 0.3), facts=rng.uniform(0.0, 1.0))
        b = self._body(newer).replace(str(year), str(year + 1))
        return Made(a, b, "revised", "year", f"Annual course {year}", f"Annual course {year + 1}")

    def _shortened(self) -> Made:
        rng = self._rng
        text = self._base()
        while sum(map(len, text)) < 12:
            text = self._base()
        whole = self._body(text)
        keep = rng.uniform(0.3, 0.6)
        if rng.random() < 0.5:  # some paragraphs go
            kept = sorted(
                rng.sample(range(len(text)), max(2, round(len(text) * keep)) if len(text) > 2 else 1)
            )
            short = [list(text[i]) for i in kept]
        else:  # sentences go everywhere
            short = [[s for s in paragraph if rng.random() < keep] or paragraph[:1] for paragraph in text]
        if rng.random() < 0.6:
            short = self._edit(short, rng.uniform(0.03, 0.2))
        return Made(self._body(short), whole, "contained", "shortened")

    def _inside(self) -> Made:
        rng = self._rng
        module, around = self._base(), self._base() + self._base()
        place = rng.randrange(len(around))
        copied = self._edit(module, rng.uniform(0.0, 0.15))
        return Made(
            self._body(module), self._body(around[:place] + copied + around[place:]), "contained", "inside"
        )

    def _half(self) -> Made:
        shared, one, other = self._base(), self._base(), self._base()
        cut = max(1, len(shared) // 2)
        copied = self._edit(shared[:cut], self._rng.uniform(0.0, 0.1))
        return Made(self._body(shared[:cut] + one), self._body(copied + other), "overlap", "half")

    def _siblings_of_text(self) -> Made:
        """One text whose names, numbers and subject words are others in the copy, and some of its facts."""
        rng = self._rng
        text = self._base()
        body = self._body(text)
        words = Counter(word for word in _WORD.findall(body) if len(word) >= _SMALL)
        subjects = [word for word, count in words.most_common(14) if count >= 2]
        changed = rng.sample(subjects, min(len(subjects), rng.randint(2, 6)))
        changed += [
            word for word in words if word[0].isupper() and word.lower() not in words and rng.random() < 0.8
        ]
        swap = {word: self._like(word) for word in changed}
        facts = rng.uniform(0.0, 0.35)
        added = rng.choice((0.0, 0.15, 0.25))
        site_a, site_b = rng.sample(self._names, 2) if len(self._names) > 1 else ("Kestrel", "Merlin")

        def fill(side: int) -> str:
            out: Paragraphs = []
            local = random.Random(rng.random())
            for paragraph in text:
                made: list[str] = []
                for sentence in paragraph:
                    if side:
                        sentence = _WORD.sub(lambda m: swap.get(m.group(), m.group()), sentence)
                        sentence = re.sub(r"\d+", lambda m: self._number(m.group()), sentence)
                    made.append(sentence)
                    if local.random() < added:
                        made.append(self._fact(site_b if side else site_a, local))
                out.append(made)
            return self._body(out)

        a, b = fill(0), fill(1)
        if facts > 0.2:
            b = self._body(
                [
                    [self._other() if rng.random() < facts * 0.4 else s for s in _SENTENCE.split(p)]
                    for p in b.split("\n\n")
                ]
            )
        return Made(a, b, "unrelated", "siblings of a text", f"Course for {site_a}", f"Course for {site_b}")

    def _fact(self, site: str, rng: random.Random) -> str:
        return rng.choice(
            (
                f"At {site} the limit is {rng.randint(2, 900)}.",
                f"Call {rng.choice(self._names)} {rng.choice(self._names)} on {rng.randint(1000, 99999)} first.",
                f"The responsible person for {site} is {rng.choice(self._names)}.",
                f"{site} keeps {rng.randint(2, 40)} sets of equipment in room {rng.randint(100, 999)}.",
                f"Report every {rng.choice(self._common)} to the {rng.choice(self._common)} office at {site}.",
            )
        )

    def _siblings_of_template(self) -> Made:
        template = self._rng.choice(self._long)
        a, b = self._filled(template), self._filled(template)
        return Made(
            a, b, "unrelated", "siblings of a template", *(x.split("\n")[0].lstrip("# ") for x in (a, b))
        )

    def _short_siblings(self) -> Made:
        template = self._rng.choice(self._short)
        return Made(self._filled(template), self._filled(template), "unrelated", "short siblings")

    def _filled(self, template: str) -> str:
        rng = self._rng
        chosen: dict[str, str] = {}

        def value(match: re.Match[str]) -> str:
            slot = match.group(1)
            if slot not in chosen:
                pool = slot.rstrip("0123456789")
                chosen[slot] = str(rng.randint(2, 950)) if pool == "n" else rng.choice(POOLS[pool])
            return chosen[slot]

        return re.sub(r"\{(\w+)\}", value, template).strip()

    def _description(self) -> list[str]:
        rng = self._rng
        while True:
            paragraph = rng.choice(rng.choice(self._texts))
            size, found = 0, list[str]()
            for sentence in paragraph:
                found.append(sentence)
                size += len(sentence.split())
                if size >= 30:
                    return found

    def _short_copy(self) -> Made:
        text = " ".join(self._description())
        return Made(text, text.replace(",", " ,"), "identical", "short copy")

    def _short_edit(self) -> Made:
        text = self._description()
        changed = self._edit([text], 0.4)
        if changed == [text]:
            changed = [[*text[:-1], self._reworded(text[-1], 0.25)]]
        return Made(" ".join(text), self._body(changed), "revised", "short edit")

    def _strangers(self) -> Made:
        """Two stretches of one chapter at the most: the same topic, other words."""
        a = self._base()
        b = self._base()
        said = {sentence for paragraph in a for sentence in paragraph}
        b = [[s for s in paragraph if s not in said] for paragraph in b]
        return Made(self._body(a), self._body([p for p in b if p]) or self._other(), "unrelated", "strangers")

    def _short_strangers(self) -> Made:
        a, b = self._description(), self._description()
        while a[0] == b[0]:
            b = self._description()
        return Made(" ".join(a), " ".join(b), "unrelated", "short strangers")

    def _edit(self, text: Paragraphs, share: float, *, full: bool = False, facts: float = 0.1) -> Paragraphs:
        """The text with this share of its sentences changed; `full` also replaces and moves them.

        `facts` is the share of numbers and names in changed sentences that are others afterwards.
        """
        rng = self._rng
        out: Paragraphs = []
        for paragraph in text:
            made: list[str] = []
            for sentence in paragraph:
                if rng.random() >= share:
                    made.append(sentence)
                    continue
                dice = rng.random()
                if full and dice < 0.25:
                    made.append(self._other())
                elif dice < 0.35:
                    continue
                elif dice < 0.45:
                    made += [sentence, self._other()]
                else:
                    made.append(self._reworded(sentence, rng.uniform(0.1, 0.5 if full else 0.25), facts))
            out.append(made)
        if full and len(out) > 2 and rng.random() < 0.3:
            place = rng.randrange(len(out) - 1)
            out[place], out[place + 1] = out[place + 1], out[place]
        return [paragraph for paragraph in out if paragraph] or [list(text[0])]

    def _reworded(self, sentence: str, share: float, facts: float = 0.1) -> str:
        rng = self._rng
        words = sentence.split()
        out: list[str] = []
        for word in words:
            dice = rng.random()
            if any(sign.isdigit() for sign in word):
                out.append(
                    re.sub(r"\d+", lambda m: self._number(m.group()), word) if rng.random() < facts else word
                )
            elif out and word in self._name_set and rng.random() < facts:
                out.append(rng.choice(self._names))
            elif dice >= share:
                out.append(word)
            elif dice < share * 0.2:
                continue
            elif dice < share * 0.35:
                out += [word, rng.choice(self._common)]
            elif len(word) >= _SMALL - 1 and word[0].islower():
                end = word[len(word.rstrip(".,;:!?")) :]
                out.append(rng.choice(self._common) + end)
            else:
                out.append(word)
        return " ".join(out) if out else sentence

    def _number(self, old: str) -> str:
        return str(self._rng.randint(1, 10 ** max(1, len(old))))

    def _like(self, word: str) -> str:
        if word[0].isupper():
            return self._rng.choice(self._names)
        return self._rng.choice(self._common)

    def _other(self) -> str:
        return self._rng.choice(self._all)
