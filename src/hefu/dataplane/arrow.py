"""Arrow columns as numpy sees them."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    Column = pa.Array[Any]
else:
    Column = pa.Array

Offsets = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]


def text_parts(values: Column) -> tuple[Offsets, Octets]:
    """Return where each text begins and ends, and the bytes of all of them; NULL looks like an empty text."""
    wide: Any = values.cast(pa.large_string())
    _, offsets, data = wide.buffers()
    places = _view(offsets, np.dtype(np.int64))[wide.offset : wide.offset + len(wide) + 1]
    return places if len(places) else np.zeros(1, dtype=np.int64), _view(data, np.dtype(np.uint8))


def fixed_octets(values: Column, width: int) -> Octets:
    """Return a binary column whose values all have `width` bytes as rows of bytes."""
    plain: Any = values.storage if isinstance(values, pa.ExtensionArray) else values
    _, offsets, data = plain.buffers()
    if not len(plain):
        return np.zeros((0, width), dtype=np.uint8)
    start = int(_view(offsets, np.dtype(np.int32))[plain.offset])
    return _view(data, np.dtype(np.uint8))[start : start + width * len(plain)].reshape(-1, width)


def _view(buffer: Any, of: np.dtype[Any]) -> npt.NDArray[Any]:
    return np.zeros(0, dtype=of) if buffer is None else np.frombuffer(buffer, dtype=of)
