"""What the departments of the invented city catalogue."""

from datetime import date

from hefu.rooms.catalog.terms import (
    BasisKind,
    Channel,
    Content,
    FormatClass,
    Grade,
    ItemContent,
    ItemType,
    OpenType,
    PersonalInfo,
    Secrecy,
    ShareType,
    UpdateCycle,
)

_BOTH = (Channel.TABLE, Channel.FILE)


def _items(*rows: tuple[str, str, ItemType, int | None]) -> tuple[ItemContent, ...]:
    return tuple(ItemContent(name=name, code=code, type=kind, length=length) for name, code, kind, length in rows)


def residents(assessed_on: date) -> Content:
    """Return the entry of residents: conditional, with personal information."""
    return Content(
        name="常住人口基本信息",
        abstract="本市常住人口的身份、住址、婚姻状况等登记信息，按日更新。",
        class_code="1010010001",
        internal_office="户政支队",
        format_class=FormatClass.DATABASE,
        format_types=("postgresql",),
        share_type=ShareType.CONDITIONAL,
        share_condition="因履行法定职责确需使用，并限定区划范围与信息项。",
        share_scope="市级政务部门；用于社会救助、公共卫生、教育入学等事项的资格核验。",
        basis_kind=BasisKind.LAW,
        basis_title="中华人民共和国居民身份证法",
        basis_article="6",
        channels=_BOTH,
        open_type=OpenType.CLOSED,
        update_cycle=UpdateCycle.DAILY,
        grade=Grade.IMPORTANT,
        use_condition="仅用于申请所列事项，不得转授，不得公开。",
        secrecy=Secrecy.NONE,
        secrecy_note="逐项核对，不含国家秘密和工作秘密。",
        personal_info=PersonalInfo.SENSITIVE,
        impact_note="含敏感个人信息；联系电话提供时应当遮盖。",
        assessed_on=assessed_on,
        system_name="人口综合管理系统",
        business_item="户口登记",
        theme="人口",
        tags=("人口", "基础库"),
        phone="0000-1234501",
        items=_items(
            ("公民身份号码", "citizen_id", ItemType.TEXT, 18),
            ("姓名", "name", ItemType.TEXT, 60),
            ("性别", "sex", ItemType.TEXT, 1),
            ("出生日期", "birth_date", ItemType.TEXT, 10),
            ("民族", "nation", ItemType.TEXT, 2),
            ("行政区划代码", "division_code", ItemType.TEXT, 6),
            ("住址", "address", ItemType.TEXT, 200),
            ("联系电话", "phone", ItemType.TEXT, 11),
            ("户号", "household_no", ItemType.INTEGER, 12),
            ("婚姻状况", "marital_status", ItemType.TEXT, 2),
            ("登记日期", "registered_on", ItemType.DATE, None),
            ("更新时间", "updated_at", ItemType.MOMENT, None),
        ),
    )


def firms(assessed_on: date) -> Content:
    """Return the entry of firms: unconditional."""
    return Content(
        name="市场主体登记信息",
        abstract="本市企业、个体工商户的登记信息，含统一社会信用代码、名称、类型、状态。",
        class_code="1020010001",
        internal_office="登记注册科",
        format_class=FormatClass.DATABASE,
        format_types=("postgresql",),
        share_type=ShareType.UNCONDITIONAL,
        channels=_BOTH,
        open_type=OpenType.CONDITIONAL,
        open_condition="去除联系电话后开放。",
        update_cycle=UpdateCycle.DAILY,
        grade=Grade.GENERAL,
        use_condition="用于履行职责，注明来源。",
        secrecy=Secrecy.NONE,
        secrecy_note="登记信息依法公示，不涉密。",
        personal_info=PersonalInfo.NONE,
        assessed_on=assessed_on,
        system_name="市场主体登记系统",
        business_item="企业设立登记",
        theme="法人",
        tags=("法人", "基础库"),
        phone="0000-1234502",
        items=_items(
            ("统一社会信用代码", "credit_code", ItemType.TEXT, 18),
            ("企业名称", "name", ItemType.TEXT, 200),
            ("企业类型", "kind", ItemType.TEXT, 4),
            ("成立日期", "founded_on", ItemType.TEXT, 10),
            ("注册资本（元）", "capital_yuan", ItemType.NUMBER, 18),
            ("行业代码", "industry", ItemType.TEXT, 3),
            ("行政区划代码", "division_code", ItemType.TEXT, 6),
            ("住所", "address", ItemType.TEXT, 200),
            ("登记状态", "status", ItemType.TEXT, 1),
            ("联系电话", "phone", ItemType.TEXT, 20),
            ("核准日期", "approved_on", ItemType.DATE, None),
            ("更新时间", "updated_at", ItemType.MOMENT, None),
        ),
    )


def cases_of_illness(assessed_on: date) -> Content:
    """Return an entry that is catalogued but not shared, with its reason and law."""
    return Content(
        name="法定传染病个案信息",
        abstract="法定报告传染病的个案调查信息。",
        class_code="3010010001",
        internal_office="疾控科",
        format_class=FormatClass.DATABASE,
        format_types=("postgresql",),
        share_type=ShareType.NONE,
        noshare_reason="含患者个人隐私，法律规定不得泄露；统计结果另行共享。",
        basis_kind=BasisKind.LAW,
        basis_title="中华人民共和国传染病防治法",
        basis_article="16",
        open_type=OpenType.CLOSED,
        update_cycle=UpdateCycle.DAILY,
        grade=Grade.IMPORTANT,
        use_condition="不予共享。",
        secrecy=Secrecy.NONE,
        secrecy_note="不含国家秘密和工作秘密。",
        personal_info=PersonalInfo.SENSITIVE,
        impact_note="泄露将严重影响个人。",
        assessed_on=assessed_on,
        system_name="传染病报告系统",
        business_item="传染病疫情报告",
        theme="卫生健康",
        phone="0000-1234503",
        items=_items(("个案编号", "case_no", ItemType.TEXT, 20), ("报告日期", "reported_on", ItemType.DATE, None)),
    )


def simple(
    name: str, abstract: str, system: str, business: str, theme: str, assessed_on: date, *items: tuple[str, str]
) -> Content:
    """Return a small unconditional entry of text items."""
    return Content(
        name=name,
        abstract=abstract,
        class_code="3020010001",
        format_class=FormatClass.DATABASE,
        format_types=("postgresql",),
        share_type=ShareType.UNCONDITIONAL,
        channels=_BOTH,
        open_type=OpenType.UNCONDITIONAL,
        open_condition="全部开放。",
        update_cycle=UpdateCycle.MONTHLY,
        grade=Grade.GENERAL,
        use_condition="用于履行职责。",
        secrecy=Secrecy.NONE,
        secrecy_note="不涉密。",
        personal_info=PersonalInfo.NONE,
        assessed_on=assessed_on,
        system_name=system,
        business_item=business,
        theme=theme,
        phone="0000-1234504",
        items=_items(*((label, code, ItemType.TEXT, 60) for label, code in items)),
    )


def food_licences(assessed_on: date) -> Content:
    """Return the entry of licensed kitchens: unconditional."""
    return simple(
        "食品经营许可信息",
        "全市餐饮单位的食品经营许可，含统一社会信用代码、名称、许可证编号。",
        "食品经营许可系统",
        "食品经营许可",
        "法人",
        assessed_on,
        ("统一社会信用代码", "credit_code"),
        ("单位名称", "name"),
        ("许可证编号", "licence_no"),
        ("联系电话", "phone"),
        ("更新时间", "updated_at"),
    )


def insured_units(assessed_on: date) -> Content:
    """Return the entry of insured units: unconditional."""
    return simple(
        "参保单位信息",
        "全市参加社会保险的餐饮单位及其参保人数。",
        "社会保险参保系统",
        "社会保险登记",
        "法人",
        assessed_on,
        ("统一社会信用代码", "credit_code"),
        ("单位名称", "unit_name"),
        ("参保人数", "staff"),
        ("联系电话", "phone"),
        ("更新时间", "updated_at"),
    )


def others(assessed_on: date) -> dict[str, Content]:
    """Return further published entries by department key."""
    return {
        "school": simple(
            "中小学校名录",
            "全市中小学校的名称、地址、办学类型。",
            "教育事业统计系统",
            "学校设立审批",
            "教育",
            assessed_on,
            ("学校代码", "school_code"),
            ("学校名称", "name"),
            ("办学类型", "kind"),
            ("地址", "address"),
        ),
        "health": simple(
            "医疗机构名录",
            "全市医疗机构的名称、级别、地址。",
            "医疗机构管理系统",
            "医疗机构执业登记",
            "卫生健康",
            assessed_on,
            ("机构代码", "org_code"),
            ("机构名称", "name"),
            ("级别", "level"),
            ("地址", "address"),
        ),
        "social": simple(
            "技能人才证书目录",
            "本市核发的职业技能等级证书种类与数量。",
            "职业能力系统",
            "职业技能等级认定",
            "人力资源",
            assessed_on,
            ("职业名称", "trade"),
            ("等级", "level"),
            ("发证机构", "issuer"),
        ),
        "civil": simple(
            "养老机构名录",
            "全市养老机构的名称、床位、地址。",
            "养老服务系统",
            "养老机构备案",
            "社会保障",
            assessed_on,
            ("机构名称", "name"),
            ("床位数", "beds"),
            ("地址", "address"),
        ),
    }
