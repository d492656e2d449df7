"""What an index refuses."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class IndexBroken(Refusal):
    """The index cannot be read or written; whoever owns the truth makes it anew."""

    code = "search.index_broken"
    text = _("The search index in {folder} cannot be used: {reason}. It is made anew by `hefu catalog reindex`.")
    status = 503
