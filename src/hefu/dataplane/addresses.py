"""Row addresses (PostgreSQL's ctid) as numbers: block × 65536 + place in the block."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Addresses = npt.NDArray[np.int64]


def read_addresses(column: pa.Array) -> Addresses:
    """Return the addresses in a column of tids as the Arrow driver hands them over: six bytes, big end first."""
    storage = column.storage if isinstance(column, pa.ExtensionArray) else column
    _, offsets_buffer, data_buffer = storage.buffers()
    if not len(storage):
        return np.zeros(0, dtype=np.int64)
    start = int(np.frombuffer(offsets_buffer, dtype=np.int32)[storage.offset])
    raw = np.frombuffer(data_buffer, dtype=np.uint8)[start : start + 6 * len(storage)].reshape(-1, 6)
    result: Addresses = raw.astype(np.int64) @ (256 ** np.arange(5, -1, -1))
    return result


def tid_array(addresses: Addresses) -> str:
    """Return the SQL literal of an array of tids."""
    inner = ",".join(f'"({block},{place})"' for block, place in zip(addresses >> 16, addresses & 0xFFFF, strict=True))
    return f"'{{{inner}}}'::tid[]"
