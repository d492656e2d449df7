"""Generated residents: 12 columns, as a public security office keeps them."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from hefu.demo.dirt import Dirt, impossible_date, wide, wrong_check
from hefu.kernel.identifiers import citizen_id

COLUMNS = (
    "citizen_id",
    "name",
    "sex",
    "birth_date",
    "nation",
    "division_code",
    "address",
    "phone",
    "household_no",
    "marital_status",
    "registered_on",
    "updated_at",
)

TABLE = """
CREATE TABLE resident (
    citizen_id text,
    name text,
    sex text,
    birth_date text,
    nation text,
    division_code text,
    address text,
    phone text,
    household_no bigint,
    marital_status text,
    registered_on date,
    updated_at timestamptz
);
COMMENT ON TABLE resident IS '常住人口基本信息';
COMMENT ON COLUMN resident.citizen_id IS '公民身份号码';
COMMENT ON COLUMN resident.name IS '姓名';
COMMENT ON COLUMN resident.sex IS '性别';
COMMENT ON COLUMN resident.birth_date IS '出生日期';
COMMENT ON COLUMN resident.nation IS '民族';
COMMENT ON COLUMN resident.division_code IS '行政区划代码';
COMMENT ON COLUMN resident.address IS '住址';
COMMENT ON COLUMN resident.phone IS '联系电话';
COMMENT ON COLUMN resident.household_no IS '户号';
COMMENT ON COLUMN resident.marital_status IS '婚姻状况';
COMMENT ON COLUMN resident.registered_on IS '登记日期';
COMMENT ON COLUMN resident.updated_at IS '更新时间';
"""

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "安博朝德恩芳国海慧嘉静凯兰明宁平青如思涛文晓雅泽子玉云远泓岚沐"
_STREETS = ("青石路", "望江街", "金桂巷", "东风大道", "学府路", "沿河路", "丰收街", "和平里")


def residents(rows: int, *, divisions: tuple[str, ...], seed: int, dirt: Dirt) -> Iterator[tuple[object, ...]]:
    """Yield `rows` residents in the order of `COLUMNS`; about one in a hundred is faulty, counted in `dirt`.

    Args:
        rows: How many.
        divisions: Six-digit codes of the invented districts.
        seed: The same seed gives the same people.
        dirt: Takes the count of each fault.
    """
    rng = Random(seed)  # noqa: S311 - people are invented here, secrets are not
    first = date(1940, 1, 1)
    earlier: list[str] = []
    used: set[str] = set()
    for number in range(rows):
        body = ""
        while not body or body in used:
            born = first + timedelta(days=rng.randrange(29_000))
            division = divisions[rng.randrange(len(divisions))]
            body = f"{division}{born:%Y%m%d}{number % 1000:03d}"
        used.add(body)
        identity = body + citizen_id.check_digit(body)
        sex = "1" if int(identity[16]) % 2 else "2"
        birth = born.isoformat()
        kept, birth, sex = _soil(rng, identity, birth, sex, earlier, dirt)
        if kept and number % 997 == 0:
            earlier.append(kept)
        yield (
            kept,
            rng.choice(_FAMILY) + "".join(rng.sample(_GIVEN, rng.choice((1, 2, 2)))),
            sex,
            birth,
            f"{rng.choice((1, 1, 1, 1, 1, 1, 3, 8, 11, 15)):02d}",
            division,
            f"{rng.choice(_STREETS)}{rng.randrange(1, 400)}号{rng.randrange(1, 30)}栋{rng.randrange(101, 2606)}",
            f"1{rng.choice('3589')}{rng.randrange(10**9):09d}",
            10**9 + number // 3,
            rng.choice(("10", "20", "20", "30", "40")),
            date(2000, 1, 1) + timedelta(days=rng.randrange(9_000)),
            f"2026-{rng.randrange(1, 11):02d}-{rng.randrange(1, 28):02d} {rng.randrange(24):02d}:00:00+08",
        )


def _soil(
    rng: Random, identity: str, birth: str, sex: str, earlier: list[str], dirt: Dirt
) -> tuple[str | None, str, str]:
    chance = rng.random()
    if chance < 0.004:
        dirt.add("wrong check character")
        return wrong_check(identity), birth, sex
    if chance < 0.006:
        dirt.add("full-width digits")
        return wide(identity), birth, sex
    if chance < 0.007:
        dirt.add("impossible date")
        return identity, impossible_date(rng), sex
    if chance < 0.008 and earlier:
        dirt.add("duplicate key")
        return rng.choice(earlier), birth, sex
    if chance < 0.0085:
        dirt.add("missing key")
        return None, birth, sex
    if chance < 0.009:
        dirt.add("unknown code")
        return identity, birth, "男"
    return identity, birth, sex
