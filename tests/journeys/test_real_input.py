"""Real input: two cities' catalogues as they stand, and a provider's table with the dirt it has.

The files belong to others and are not in this repository; without them the test says so and is skipped.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from hefu.dataplane.checks import CreditCode
from hefu.kernel.actor import Role
from hefu.kernel.identifiers import credit_code
from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.ledger.receipt import verify_receipt
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.importing.terms import Defaults, NewProvider
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Channel, ItemContent, ItemType, ShareType
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries import services as delivery_services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.evidence.queries import public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.parties.models import Department
from hefu.rooms.resources import services as resources
from tests.builders import (
    NOON,
    SYSTEM,
    a_content,
    a_credit_code,
    a_department,
    a_grant,
    a_source,
    a_target,
    an_actor,
    publish,
    the_authority,
)
from tests.conftest import Database

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CATALOGUES = {"ningxia_ningxia.json": "640000", "guizhou_guiyang.json": "520100"}
FIRMS = DATA / "04-uscc" / "enterprises-csv-1998-贵州.csv"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not FIRMS.exists(), reason=f"the input files of others are not here: {DATA}"),
]

#: Header of the table → code of the item, as an officer would name the columns.
COLUMNS = {
    "企业名称": "name",
    "统一社会信用代码": "credit_code",
    "注册日期": "registered_on",
    "企业类型": "kind",
    "法人代表": "representative",
    "注册资金": "capital",
    "经营范围": "business",
    "所在省份": "province",
    "地区": "region",
    "注册地址": "address",
}


def imported(name: str, place: str) -> list[NewProvider]:
    """Import one catalogue in full, its providers registered under generated codes; return them."""
    data = (DATA / "03-catalogs-cn" / name).read_bytes()
    table = read_table(data, name)
    cells = [row for _number, row in table.rows]
    mapping = {column: field.value for column, (field, _sure) in propose_mapping(table.columns, cells[:200]).items()}
    column = next(column for column, field in mapping.items() if field == "provider")
    providers = [
        NewProvider(name=written, credit_code=a_credit_code(), place=place)
        for written in sorted({str(row.get(column) or "").strip() for row in cells} - {""})
    ]
    made = catalog_services.register_providers(
        providers=providers, actor=an_actor(a_department(), Role.OPERATOR), clock=NOON
    )
    report = catalog_services.import_entries(
        data=data,
        file_name=name,
        mapping=mapping,
        defaults=Defaults(share_type=ShareType.CONDITIONAL, share_condition="依职责申请", share_scope="各政务部门"),
        providers=made,
        publish=True,
        actor=an_actor(the_authority(), Role.REVIEWER),
        clock=NOON,
    )
    written = len(json.loads(data))
    assert report.rows == written
    assert report.taken + report.repeated + report.refused == written
    assert report.taken > 0.75 * written
    assert not report.unknown_providers
    assert catalog.bad_rows(report.batch_id, viewer=SYSTEM).count() == report.refused
    return providers


def loaded(database: Database) -> list[dict[str, str]]:
    """Load the firms as a provider would: text as it is written."""
    with FIRMS.open(encoding="utf-8", newline="") as file:
        firms = [dict(row) for row in csv.DictReader(file)]
    columns = ", ".join(f'"{code}" text' for code in COLUMNS.values())
    database.run(f"CREATE TABLE enterprises ({columns})")
    with (
        database.connect() as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY enterprises FROM STDIN") as copy,
    ):
        for firm in firms:
            copy.write_row([firm[header] for header in COLUMNS])
    return firms


def catalogued(provider: Department) -> Entry:
    """Complete one of the provider's imported entries, as art. 13 asks, with the table's ten items."""
    entry = catalog.entries_of(provider.pk, viewer=an_actor(provider)).filter(name__contains="企业").first()
    assert entry is not None
    content = a_content(
        name=entry.name,
        abstract=entry.abstract,
        class_code=entry.class_code,
        channels=(Channel.TABLE,),
        items=tuple(
            ItemContent(header, code, ItemType.TEXT, 18 if code == "credit_code" else 4000)
            for header, code in COLUMNS.items()
        ),
    )
    change = catalog_services.change_entry(entry_id=entry.pk, content=content, actor=an_actor(provider), clock=NOON)
    publish(change)
    entry.refresh_from_db()
    return entry


def test_real_catalogues_and_a_real_table_go_the_whole_way(make_database: Callable[[], Database]) -> None:
    for name, place in CATALOGUES.items():
        assert len(imported(name, place)) > 50
    provider = Department.objects.get(name="贵阳市商务局")
    theirs, ours = make_database(), make_database()
    firms = loaded(theirs)

    entry, officer = catalogued(provider), an_actor(provider)
    resources.mount(
        entry_id=entry.pk,
        source_id=a_source(provider, theirs).pk,
        schema="public",
        table="enterprises",
        actor=officer,
        clock=NOON,
    )
    resources.set_rules(entry_id=entry.pk, rules=[CreditCode("credit_code")], actor=officer, clock=NOON)
    consumer = a_department("贵阳市民政局", place="520100")
    grant = a_grant(entry, consumer, target=a_target(consumer, ours))
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).get()
    carry(delivery.pk, clock=NOON)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.error) == (DeliveryStatus.DONE, "")

    # Found again by the other implementation of the check, over the file itself.
    wrong = [firm["统一社会信用代码"] for firm in firms if not passes(firm["统一社会信用代码"])]
    assert {"915226250000UUUU56", "91522625QWER12345E"} <= set(wrong)
    assert delivery.rows_read == len(firms) == 1364
    assert delivery.rejected == {"credit_code(credit_code)": len(wrong)}
    assert (delivery.rows_rejected, delivery.rows_written) == (len(wrong), len(firms) - len(wrong))
    kept = deliveries.reveal(delivery, list(deliveries.rejects(delivery, viewer=officer)), viewer=officer)
    assert Counter(row.values["credit_code"] for row in kept if row.values) == Counter(wrong)

    arrived = ours.run("SELECT credit_code, name, capital FROM enterprises")
    good = [firm for firm in firms if passes(firm["统一社会信用代码"])]
    assert Counter(arrived) == Counter((f["统一社会信用代码"], f["企业名称"], f["注册资金"]) for f in good)

    receipt = delivery_services.receipt_of(number=delivery.number, viewer=an_actor(consumer), clock=NOON)
    verified = verify_receipt(receipt, trusted=public_keys(KeyPurpose.LOG))
    assert verified.entry["body"]["rejected"] == delivery.rejected
    assert verified.entry["body"]["entry"] == entry.code


def passes(code: str) -> bool:
    """Whether a code is right exactly as it is written: the check folds nothing, since consumers join on it."""
    try:
        return credit_code.validate(code) == code
    except IdentifierFault:
        return False
