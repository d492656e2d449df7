"""Why the log, a checkpoint or a proof is not taken."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class LeafTooLarge(Refusal):
    """An entry does not fit the 16-bit length that an entry bundle gives it."""

    code = "ledger.leaf_too_large"
    text = _(
        "An entry of {size} bytes does not fit the log, which takes at most {limit}. Record the digest of "
        "the large part and keep the part itself with the case."
    )
    status = 413


class LogDamaged(Refusal):
    """Stored tiles or entries are not what the signed checkpoint says."""

    code = "ledger.damaged"
    text = _(
        "The log is damaged at {where}: {why}. Nothing was added. Run `hefu ledger fsck`, then restore that "
        "part from a copy of the log."
    )
    status = 500


class NameRefused(Refusal):
    """A log or a witness cannot have that name: it would break the lines of a checkpoint."""

    code = "ledger.name_refused"
    text = _(
        "{name!r} cannot be the name of a log or a witness: it is empty or has a space, a plus sign or a control "
        "character. Choose a name such as data.example.gov.cn/log."
    )
    status = 422


class CheckpointRefused(Refusal):
    """A checkpoint that is malformed, or whose signature is not the expected key's."""

    code = "ledger.checkpoint_refused"
    text = _("The checkpoint is refused: {reason}. Fetch the log's checkpoint again and compare the key.")
    status = 422


class ProofRefused(Refusal):
    """A Merkle proof that does not lead to the root it should."""

    code = "ledger.proof_refused"
    text = _("The proof is refused: {reason}. Fetch it again from the log for the same tree size.")
    status = 422
