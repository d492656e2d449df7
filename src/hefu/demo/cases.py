"""What the departments of the invented city ask of each other."""

from datetime import date, timedelta
from uuid import UUID

from hefu.dataplane.filters import EVERY_ROW, OneOf, RowFilter
from hefu.dataplane.ticket import Channel
from hefu.rooms.requests.terms import Application, BasisKind, LegalBasis


def firms_for_insurance(items: tuple[UUID, ...], target_id: UUID, today: date) -> Application:
    """Return human resources' request for firms: unconditional, by table."""
    return Application(
        purpose="核定用人单位参加社会保险的资格",
        scenario="社会保险登记经办时核对单位的登记信息",
        basis=LegalBasis(BasisKind.LAW, "中华人民共和国社会保险法", "57"),
        item_ids=items,
        rows=EVERY_ROW,
        channel=Channel.TABLE,
        target_id=target_id,
        term_from=today,
        term_until=today + timedelta(days=365),
    )


def firms_for_clinics(items: tuple[UUID, ...], districts: tuple[str, ...], today: date) -> Application:
    """Return the health commission's request for firms of two districts: unconditional, as a file."""
    return Application(
        purpose="医疗机构执业登记时核对举办单位",
        scenario="执业登记审批",
        basis=LegalBasis(BasisKind.ADMINISTRATIVE_REGULATION, "医疗机构管理条例", "15"),
        item_ids=items,
        rows=RowFilter((OneOf("division_code", districts),)),
        channel=Channel.FILE,
        term_from=today,
        term_until=today + timedelta(days=180),
    )


def residents_for_relief(
    items: tuple[UUID, ...], target_id: UUID | None, districts: tuple[str, ...], today: date
) -> Application:
    """Return civil affairs' request for residents of some districts: conditional, by table."""
    return Application(
        purpose="社会救助对象资格核验",
        scenario="低保和特困申请受理时核对申请人的户籍信息",
        basis=LegalBasis(BasisKind.ADMINISTRATIVE_REGULATION, "社会救助暂行办法", "57"),
        item_ids=items,
        rows=RowFilter((OneOf("division_code", districts),)),
        channel=Channel.TABLE,
        target_id=target_id,
        term_from=today,
        term_until=today + timedelta(days=365),
    )


def residents_for(purpose: str, scenario: str, items: tuple[UUID, ...], today: date) -> Application:
    """Return another department's request for residents, as a file."""
    return Application(
        purpose=purpose,
        scenario=scenario,
        basis=LegalBasis(BasisKind.DUTIES, "部门职能配置规定", "3"),
        item_ids=items,
        rows=EVERY_ROW,
        channel=Channel.FILE,
        term_from=today,
        term_until=today + timedelta(days=90),
    )
