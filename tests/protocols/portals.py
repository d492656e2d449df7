"""The fourteen portals' catalogues of the shared data, imported as a reviewer would, each on its own."""

from pathlib import Path

from hefu.kernel.actor import Role
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.importing.terms import Defaults, ImportReport, NewProvider
from hefu.rooms.catalog.terms import ShareType
from tests.builders import NOON, a_credit_code, a_department, an_actor, the_authority

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CATALOGUES = DATA / "03-catalogs-cn"
SHAPES = DATA / "09-interop" / "dcat-ap" / "3.0.1" / "shacl"
PORTALS = tuple(sorted(file.name for file in CATALOGUES.glob("*_*.json*") if not file.name.startswith("name_")))


def imported(name: str) -> ImportReport:
    """Import one portal's file in full, as `taken`."""
    return taken(name, (CATALOGUES / name).read_bytes())


def taken(name: str, data: bytes) -> ImportReport:
    """Import a file as published, its columns mapped as proposed, its providers registered under generated codes."""
    table = read_table(data, name)
    cells = [row for _number, row in table.rows]
    mapping = {column: field.value for column, (field, _sure) in propose_mapping(table.columns, cells[:200]).items()}
    column = next(column for column, field in mapping.items() if field == "provider")
    providers = [
        NewProvider(name=written, credit_code=a_credit_code(), place="510000")
        for written in sorted({str(row.get(column) or "").strip() for row in cells} - {""})
    ]
    made = catalog_services.register_providers(
        providers=providers, actor=an_actor(a_department(), Role.OPERATOR), clock=NOON
    )
    return catalog_services.import_entries(
        data=data,
        file_name=name,
        mapping=mapping,
        defaults=Defaults(share_type=ShareType.CONDITIONAL, share_condition="依职责申请", share_scope="各政务部门"),
        providers=made,
        publish=True,
        actor=an_actor(the_authority(), Role.REVIEWER),
        clock=NOON,
    )
