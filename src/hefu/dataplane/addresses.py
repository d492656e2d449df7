"""Row addresses (PostgreSQL's ctid) as numbers: block × 65536 + place in the block."""

import numpy as np
import numpy.typing as npt

from hefu.dataplane.arrow import Column, fixed_octets

Addresses = npt.NDArray[np.int64]


def read_addresses(column: Column) -> Addresses:
    """Return the addresses in a column of tids as the Arrow driver hands them over: six bytes, big end first."""
    result: Addresses = fixed_octets(column, 6).astype(np.int64) @ (256 ** np.arange(5, -1, -1))
    return result


def tid_array(addresses: Addresses) -> str:
    """Return the SQL literal of an array of tids."""
    inner = ",".join(f'"({block},{place})"' for block, place in zip(addresses >> 16, addresses & 0xFFFF, strict=True))
    return f"'{{{inner}}}'::tid[]"
