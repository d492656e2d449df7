"""Generated catering firms as two offices keep them: one licenses their kitchens, the other insures their staff."""

from collections.abc import Iterator
from itertools import islice
from random import Random

from hefu.demo.dirt import Dirt
from hefu.demo.firms import firms
from hefu.kernel.identifiers import credit_code

LICENCES = ("credit_code", "name", "licence_no", "phone", "updated_at")
INSURED = ("credit_code", "unit_name", "staff", "phone", "updated_at")

_TABLE = """
CREATE TABLE {table} (
    credit_code text PRIMARY KEY, {name} text NOT NULL, {own} {type} NOT NULL, phone text, updated_at timestamp NOT NULL
);
COMMENT ON COLUMN {table}.credit_code IS '统一社会信用代码';
COMMENT ON COLUMN {table}.{name} IS '单位名称';
COMMENT ON COLUMN {table}.{own} IS '{told}';
COMMENT ON COLUMN {table}.phone IS '联系电话';
COMMENT ON COLUMN {table}.updated_at IS '更新时间';
"""
LICENCE_TABLE = _TABLE.format(table="food_licence", name="name", own="licence_no", type="text", told="许可证编号")
INSURED_TABLE = _TABLE.format(table="insured_unit", name="unit_name", own="staff", type="int", told="参保人数")

#: Some time after the first collection: numbers of staff moved, some units left.
LATER = """
UPDATE insured_unit SET staff = staff + 1, updated_at = '2026-11-02 09:00' WHERE credit_code LIKE '%7';
DELETE FROM insured_unit WHERE credit_code LIKE '%X';
"""


def licences(rows: int, *, city: str, divisions: tuple[str, ...], seed: int) -> Iterator[tuple[object, ...]]:
    """Yield `rows` licensed firms in the order of `LICENCES`; arguments as for `firms`."""
    for number, (code, name, phone) in enumerate(_firms(rows, city, divisions, seed)):
        yield code, name, f"JY2{number:010d}", phone, f"2026-{number % 9 + 1:02d}-11 10:00"


def insured(rows: int, *, city: str, divisions: tuple[str, ...], seed: int) -> Iterator[tuple[object, ...]]:
    """Yield insured units in the order of `INSURED`: five of six of the same firms.

    One in forty bears a former name, one in twenty five another telephone number.
    """
    rng = Random(seed)  # noqa: S311 - firms are invented here, secrets are not
    for number, (code, name, phone) in enumerate(_firms(rows, city, divisions, seed)):
        if number % 6 == 5:
            continue
        former = name.replace("有限责任公司", "有限公司") if "有限责任公司" in name else f"{name}（原名）"
        yield (
            code,
            former if number % 40 == 7 else name,
            rng.randrange(1, 60),
            f"0{rng.randrange(200, 999)}-{rng.randrange(10**6, 10**7)}" if number % 25 == 3 else phone,
            f"2026-{number % 10 + 1:02d}-05 09:00",
        )


def _firms(rows: int, city: str, divisions: tuple[str, ...], seed: int) -> Iterator[tuple[str, str, str]]:
    """Yield code, name and telephone of firms whose codes are right, each once."""
    seen: set[str] = set()

    def right() -> Iterator[tuple[str, str, str]]:
        for row in firms(rows * 2, city=city, divisions=divisions, seed=seed, dirt=Dirt()):
            code = str(row[0])
            if code.isascii() and credit_code.is_valid(code) and code not in seen:
                seen.add(code)
                yield code, str(row[1]), str(row[9])

    return islice(right(), rows)
