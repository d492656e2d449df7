"""The evidence log as an algorithm: leaves, tiles, proofs, checkpoints, receipts, and a check of the whole.

The formats are public ones, so that others can check us with their own tools: hashing by RFC 6962,
tiles by C2SP tlog-tiles, checkpoints by C2SP tlog-checkpoint and signed-note, witnesses by C2SP
tlog-cosignature. Nothing here knows a database; a storage is whatever satisfies `storage.LogReader`.
"""
