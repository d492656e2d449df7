"""Generated firms: as a market regulation office keeps them."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from hefu.demo.dirt import Dirt, impossible_date, wide, wrong_check
from hefu.kernel.identifiers import credit_code

COLUMNS = (
    "credit_code",
    "name",
    "kind",
    "founded_on",
    "capital_yuan",
    "industry",
    "division_code",
    "address",
    "status",
    "phone",
    "approved_on",
    "updated_at",
)

TABLE = """
CREATE TABLE enterprise (
    credit_code text,
    name text,
    kind text,
    founded_on text,
    capital_yuan numeric(18, 2),
    industry text,
    division_code text,
    address text,
    status text,
    phone text,
    approved_on date,
    updated_at timestamptz
);
COMMENT ON TABLE enterprise IS '市场主体登记信息';
COMMENT ON COLUMN enterprise.credit_code IS '统一社会信用代码';
COMMENT ON COLUMN enterprise.name IS '企业名称';
COMMENT ON COLUMN enterprise.kind IS '企业类型';
COMMENT ON COLUMN enterprise.founded_on IS '成立日期';
COMMENT ON COLUMN enterprise.capital_yuan IS '注册资本（元）';
COMMENT ON COLUMN enterprise.industry IS '行业代码';
COMMENT ON COLUMN enterprise.division_code IS '行政区划代码';
COMMENT ON COLUMN enterprise.address IS '住所';
COMMENT ON COLUMN enterprise.status IS '登记状态';
COMMENT ON COLUMN enterprise.phone IS '联系电话';
COMMENT ON COLUMN enterprise.approved_on IS '核准日期';
COMMENT ON COLUMN enterprise.updated_at IS '更新时间';
"""

_WORDS = ("启明", "瑞禾", "长风", "云帆", "嘉木", "恒川", "星野", "青禾", "融汇", "百川", "天工", "素问", "知行")
_TRADES = ("商贸", "建材", "物流", "科技", "餐饮", "农业", "机械", "医药", "文化传播", "环保工程")
_FORMS = ("有限公司", "有限责任公司", "股份有限公司", "合伙企业")


def firms(rows: int, *, city: str, divisions: tuple[str, ...], seed: int, dirt: Dirt) -> Iterator[tuple[object, ...]]:
    """Yield `rows` firms in the order of `COLUMNS`; about one in fifty is faulty, counted in `dirt`.

    Args:
        rows: How many.
        city: Name that firms begin with.
        divisions: Six-digit codes of the invented districts.
        seed: The same seed gives the same firms.
        dirt: Takes the count of each fault.
    """
    rng = Random(seed)  # noqa: S311 - firms are invented here, secrets are not
    first = date(1992, 1, 1)
    earlier: list[str] = []
    for number in range(rows):
        division = divisions[rng.randrange(len(divisions))]
        body = f"91{division}{number:08d}{rng.choice('0123456789ABCDEFGHJKLMNPQRTUWXY')}"
        code: str | None = body + credit_code.check_digit(body)
        founded = (first + timedelta(days=rng.randrange(12_400))).isoformat()
        status = rng.choice(("1", "1", "1", "1", "2", "3"))
        code, founded, status = _soil(rng, str(code), founded, status, earlier, dirt)
        if code and number % 499 == 0:
            earlier.append(code)
        yield (
            code,
            f"{city}{rng.choice(_WORDS)}{rng.choice(_WORDS)}{rng.choice(_TRADES)}{rng.choice(_FORMS)}",
            rng.choice(("1130", "1150", "1213", "4531")),
            founded,
            f"{rng.choice((10, 50, 100, 200, 500, 1000, 5000)) * 10_000}.00",
            f"{rng.choice('ACEFGHIKLMNR')}{rng.randrange(1, 97):02d}",
            division,
            f"{city}产业大道{rng.randrange(1, 999)}号",
            status,
            f"0{rng.randrange(200, 999)}-{rng.randrange(10**6, 10**7)}",
            date(2015, 1, 1) + timedelta(days=rng.randrange(4_300)),
            f"2026-{rng.randrange(1, 11):02d}-{rng.randrange(1, 28):02d} {rng.randrange(24):02d}:00:00+08",
        )


def _soil(
    rng: Random, code: str, founded: str, status: str, earlier: list[str], dirt: Dirt
) -> tuple[str | None, str, str]:
    chance = rng.random()
    if chance < 0.008:
        dirt.add("wrong check character")
        return wrong_check(code), founded, status
    if chance < 0.011:
        dirt.add("full-width digits")
        return wide(code), founded, status
    if chance < 0.014:
        dirt.add("impossible date")
        return code, impossible_date(rng), status
    if chance < 0.017 and earlier:
        dirt.add("duplicate key")
        return rng.choice(earlier), founded, status
    if chance < 0.018:
        dirt.add("missing key")
        return None, founded, status
    if chance < 0.020:
        dirt.add("unknown code")
        return code, founded, "存续"
    return code, founded, status
