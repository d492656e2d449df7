"""Every way in which a delivery can end without rows: what happened, and what to do now."""

from typing import ClassVar

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import SEMICOLON, Listed, Sentence, _

#: Words that stand in the sentences below, so that they can be translated with them.
SIDES = (_("source"), _("target"), _("named"))
REASONS = (_("malformed"), _("unknown_key"), _("forged"), _("not_yet_valid"), _("expired"), _("revoked"))


class DataPlaneRefusal(Refusal):
    """A delivery that did not happen, or stopped."""

    code = "dataplane.refused"
    status = 502

    #: Whether the same run may succeed later with nobody changing anything.
    transient: ClassVar[bool] = False


class TicketRefused(DataPlaneRefusal):
    """The ticket does not open the door: forged, expired, not yet valid, unknown key, revoked."""

    code = "dataplane.ticket_refused"
    text = _("The ticket was refused ({reason}): {detail}. Ask the data authority for a valid one.")
    status = 403

    def __init__(self, reason: str, detail: str) -> None:
        """Keep `reason`: malformed, unknown_key, forged, not_yet_valid, expired or revoked."""
        self.reason = reason
        super().__init__(reason=reason, detail=detail)


class PlanRefused(DataPlaneRefusal):
    """Ticket, source and target do not fit together; every misfit is named at once."""

    code = "dataplane.plan_refused"
    text = _("The delivery cannot be planned: {problems}. Correct the source, the target or the grant.")
    status = 422

    def __init__(self, problems: tuple[Sentence, ...]) -> None:
        """Keep all `problems`, one sentence with a code each."""
        self.problems = problems
        super().__init__(problems=Listed(problems, SEMICOLON))


class AlreadyRunning(DataPlaneRefusal):
    """Another process carries this delivery, or writes this table, right now."""

    code = "dataplane.already_running"
    text = _("{what} is being delivered by another run right now. Wait for it to end, or stop it first.")
    status = 409
    transient = True


class Stopped(DataPlaneRefusal):
    """Somebody asked the run to stop; finished chunks stay for a later run."""

    code = "dataplane.stopped"
    text = _("The delivery was stopped on request after {rows} rows. Start it again to go on from there.")
    status = 409


class Revoked(DataPlaneRefusal):
    """The grant was revoked while rows were under way; nothing reached the consumer's table."""

    code = "dataplane.revoked"
    text = _("The grant was revoked after {rows} rows were under way; they were discarded. Ask for a new grant.")
    status = 403


class SideLost(DataPlaneRefusal):
    """The connection to one side was cut, or that side is restarting or out of connections."""

    code = "dataplane.side_lost"
    text = _("The {side} database went away: {detail}. Run the delivery again; it goes on where it was.")
    transient = True

    def __init__(self, side: str, detail: str) -> None:
        """Keep which `side` was lost: source or target."""
        self.side = side
        super().__init__(side=side, detail=detail)


class SideRefused(DataPlaneRefusal):
    """One side said no: missing right, wrong password, full disk, broken constraint."""

    code = "dataplane.side_refused"
    text = _("The {side} refused: {detail}. Have its administrator mend that, then run the delivery again.")

    def __init__(self, side: str, detail: str, sqlstate: str = "") -> None:
        """Keep which `side` refused and its SQLSTATE where it gave one."""
        self.side = side
        self.sqlstate = sqlstate
        super().__init__(side=side, detail=detail)


class LakeLost(DataPlaneRefusal):
    """The store that the lake lies on does not answer now."""

    code = "dataplane.lake_lost"
    text = _("The lake's store does not answer: {detail}. Nothing is lost; try again once it does.")
    status = 503
    transient = True

    def __init__(self, detail: str) -> None:
        """Keep why."""
        super().__init__(detail=detail)


class LakeRefused(DataPlaneRefusal):
    """The store that the lake lies on says no."""

    code = "dataplane.lake_refused"
    text = _("The lake's store refused: {detail}. Have whoever runs the node mend that, then try again.")
    status = 503

    def __init__(self, detail: str) -> None:
        """Keep why."""
        super().__init__(detail=detail)


class AddressRefused(DataPlaneRefusal):
    """The policy does not let a connector reach that address."""

    code = "dataplane.address_refused"
    text = _("{host}:{port} may not be reached: {detail}. Ask the operator to allow the address.")
    status = 403


class NotReconciled(DataPlaneRefusal):
    """What arrived is not what left; the consumer's table was not touched."""

    code = "dataplane.not_reconciled"
    text = _(
        "The two sides do not agree ({what}: source {source}, target {target}); nothing was published. "
        "Run the delivery again and report this."
    )


class FormatLimit(DataPlaneRefusal):
    """The chosen file format cannot hold the rows."""

    code = "dataplane.format_limit"
    text = _("{format} cannot hold this delivery: {detail}. Choose another format or fewer rows.")
    status = 422


class TooManyRejects(DataPlaneRefusal):
    """So many rows fail the checks that the source is broken rather than dirty."""

    code = "dataplane.too_many_rejects"
    text = _("More than {limit} rows fail the checks. Have the provider mend the source, or the checks.")
    status = 422


class TooFewRows(DataPlaneRefusal):
    """The source gives so few rows that it has more likely broken than shrunk; the consumer's table was not touched."""

    code = "dataplane.too_few_rows"
    text = _(
        "The source gives {rows} rows, fewer than the {least} that are expected after the last delivery; the table was "
        "left as it is. Have the provider look at the source; if it is right, the consumer takes the rows all the same."
    )
    status = 409


class QuotaExceeded(DataPlaneRefusal):
    """More rows are granted by the filter than the grant lets out."""

    code = "dataplane.quota_exceeded"
    text = _("The delivery would hold more than the {quota} rows of the grant. Narrow the filter or ask for more.")
    status = 409


class NoSuchVersion(DataPlaneRefusal):
    """The holding never held that state, or its files were dropped."""

    code = "dataplane.no_such_version"
    text = _(
        "The holding has no version {wanted} that can be read: it held nothing then, or its files were dropped. "
        "Choose another from its history."
    )
    status = 404


class SourceWentEmpty(DataPlaneRefusal):
    """The source gives no rows, though the holding has some: that is more often an outage than the truth."""

    code = "dataplane.source_went_empty"
    text = _(
        "The source gives no rows, but the holding has {rows}. Nothing was replaced. Ask the source's department; "
        "if it is really empty now, start the collection again and say so."
    )


class ColumnsAlike(DataPlaneRefusal):
    """A holding does not tell upper from lower case in names of columns."""

    code = "dataplane.columns_alike"
    text = _(
        "The columns {names} differ by upper and lower case alone, and a holding cannot tell them apart. Give one of "
        "them another name at the source, for instance in a view, and mount that."
    )
    status = 422


class HoldingDiffers(DataPlaneRefusal):
    """What arrives cannot be merged into what is held."""

    code = "dataplane.holding_differs"
    text = _(
        "The rows cannot be merged into the holding: {detail}. Collect it as a whole once; its older versions stay."
    )
    status = 422
