"""What catalogues call things: one notion a field, with the names offices give its column."""

import unicodedata
from enum import StrEnum


class Field(StrEnum):
    """What a column of an imported catalogue can mean."""

    NAME = "name"
    ABSTRACT = "abstract"
    PROVIDER = "provider"
    PROVIDER_CODE = "provider_code"
    INTERNAL_OFFICE = "internal_office"
    OUTSIDE_CODE = "outside_code"
    CLASS_CODE = "class_code"
    FORMAT = "format"
    FORMAT_CLASS = "format_class"
    SHARE_TYPE = "share_type"
    SHARE_CONDITION = "share_condition"
    SHARE_SCOPE = "share_scope"
    NOSHARE_REASON = "noshare_reason"
    BASIS_KIND = "basis_kind"
    BASIS_TITLE = "basis_title"
    BASIS_ARTICLE = "basis_article"
    CHANNELS = "channels"
    OPEN_TYPE = "open_type"
    OPEN_CONDITION = "open_condition"
    UPDATE_CYCLE = "update_cycle"
    GRADE = "grade"
    USE_CONDITION = "use_condition"
    SECRECY = "secrecy"
    SYSTEM_NAME = "system_name"
    BUSINESS_ITEM = "business_item"
    THEME = "theme"
    INDUSTRY = "industry"
    TAGS = "tags"
    PHONE = "phone"
    EMAIL = "email"
    PUBLISHED_ON = "published_on"
    UPDATED_ON = "updated_on"
    ROW_COUNT = "row_count"
    DETAIL_URL = "detail_url"
    RELATED_CODES = "related_codes"
    ITEMS = "items"
    ITEM_NAME = "item_name"
    ITEM_CODE = "item_code"
    ITEM_TYPE = "item_type"
    ITEM_LENGTH = "item_length"
    ITEM_DESCRIPTION = "item_description"


#: Fields that describe one item in a row; a row then stands for an item and the entry spans rows.
ITEM_FIELDS = frozenset({Field.ITEM_NAME, Field.ITEM_CODE, Field.ITEM_TYPE, Field.ITEM_LENGTH, Field.ITEM_DESCRIPTION})

#: Names of columns for each notion, most usual first. Written from the guide of 2017, decree 809 and
#: what portals show; Traditional forms for catalogues from where they are used.
NAMES: dict[Field, tuple[str, ...]] = {
    Field.NAME: (
        *("标题", "目录名称", "资源名称", "信息资源名称", "数据目录名称", "数据集名称", "数据名称", "数据资源名称"),
        *("名称", "资料集名称", "資料集名稱", "資料名稱", "主题名", "title", "name", "dataset name"),
    ),
    Field.ABSTRACT: (
        *(
            "摘要",
            "描述",
            "简介",
            "摘要信息",
            "数据摘要",
            "资源摘要",
            "信息资源摘要",
            "目录摘要",
            "数据简介",
            "数据描述",
        ),
        *("资源描述", "内容简介", "数据内容简介", "内容说明", "資料集描述", "description", "abstract", "summary"),
    ),
    Field.PROVIDER: (
        *("提供单位", "提供方", "数据提供方", "来源部门", "资源提供方", "信息资源提供方", "机构分类", "部门名称"),
        *("提供部门", "数据提供部门", "数据提供单位", "数源部门", "数源单位", "责任单位", "责任部门", "发布机构"),
        *(
            "发布单位",
            "所属部门",
            "所属机构",
            "所属单位",
            "来源单位",
            "单位名称",
            "机构名称",
            "提供機關",
            "提供機關名稱",
        ),
        *("department", "provider", "publisher", "organization"),
    ),
    Field.PROVIDER_CODE: (
        *("提供方代码", "信息资源提供方代码", "统一社会信用代码", "部门代码", "机构代码", "提供单位代码", "单位代码"),
        "credit code",
    ),
    Field.INTERNAL_OFFICE: ("内设机构", "提供方内部部门", "下设机构", "内部部门", "处室", "科室", "内设处室"),
    Field.OUTSIDE_CODE: (
        *("信息资源代码", "资源代码", "目录代码", "目录编码", "资源编码", "数据目录代码", "目录编号", "代码", "编码"),
        *("资源标识", "目录标识", "数据集编号", "資料集編號", "identifier", "code"),
    ),
    Field.CLASS_CODE: ("信息资源分类代码", "分类代码", "分类编码", "类目代码", "前段码"),
    Field.FORMAT: (
        *("数据格式", "资源格式", "格式", "文件格式", "格式类型", "信息资源格式类型", "资源类型格式", "下载格式"),
        *("檔案格式", "format", "formats", "data formats"),
    ),
    Field.FORMAT_CLASS: ("格式分类", "信息资源格式分类", "资源格式分类"),
    Field.SHARE_TYPE: ("共享类型", "共享属性", "共享方式属性", "共享级别", "share type"),
    Field.SHARE_CONDITION: ("共享条件", "共享条件不予共享依据", "共享条件说明", "有条件共享条件"),
    Field.SHARE_SCOPE: ("共享范围", "使用用途", "共享范围及用途", "使用范围", "共享用途"),
    Field.NOSHARE_REASON: ("不予共享理由", "不共享理由", "不予共享原因"),
    Field.BASIS_KIND: ("依据类型", "不予共享依据类型", "法律依据类型"),
    Field.BASIS_TITLE: ("不予共享依据", "法律依据", "依据名称", "依据文件"),
    Field.BASIS_ARTICLE: ("依据条款", "法律条款", "依据条文"),
    Field.CHANNELS: ("共享方式", "共享方式类型", "提供方式", "提供渠道", "share mode"),
    Field.OPEN_TYPE: (
        *("开放类型", "开放属性", "开放条件", "开放状态", "公开属性", "是否向社会开放", "是否开放", "开放方式"),
        *("开放级别", "授權方式", "open type"),
    ),
    Field.OPEN_CONDITION: ("开放条件", "开放条件说明", "有条件开放条件", "开放要求"),
    Field.UPDATE_CYCLE: (
        *("更新频率", "更新周期", "数据更新频率", "数据更新周期", "更新频度", "更新頻率", "frequency", "update cycle"),
        "update frequency",
    ),
    Field.GRADE: ("数据分类分级", "数据分级", "数据级别", "分级", "安全级别", "安全等级", "数据安全等级"),
    Field.USE_CONDITION: ("使用条件", "使用要求", "使用限制"),
    Field.SECRECY: ("是否涉密", "涉密属性", "密级", "涉密标识"),
    Field.SYSTEM_NAME: ("信息系统名称", "所属系统", "来源系统", "系统名称", "所属信息系统"),
    Field.BUSINESS_ITEM: ("业务事项名称", "关联业务事项", "业务事项", "所属事项", "权责事项"),
    Field.THEME: (
        *("所属主题", "主题名称", "数据主题", "开放主题", "所属领域", "领域名称", "开放领域", "数据领域", "重点领域"),
        *("主题分类", "主题", "领域", "资源分类", "数据分类", "分类", "服務分類", "category", "theme"),
    ),
    # A catalogue that has both a theme and a field (领域) means the industry by the latter, so it comes last here.
    Field.INDUSTRY: (
        *("所属行业", "行业分类", "行业", "行业名称", "行业门类", "国民经济行业", "国民经济行业分类", "industry"),
        *("所属领域", "开放领域", "领域名称", "数据领域", "重点领域"),
    ),
    Field.TAGS: ("标签", "关键词", "关键字", "数据标签", "標籤", "tags", "keywords"),
    Field.PHONE: (
        *(
            "联系电话",
            "部门电话",
            "联系方式",
            "电话",
            "咨询电话",
            "聯絡人電話",
            "提供機關聯絡人電話",
            "phone",
            "telephone",
        ),
    ),
    Field.EMAIL: ("部门邮箱", "联系邮箱", "邮箱", "电子邮箱", "電子信箱", "email"),
    Field.PUBLISHED_ON: (
        *("发布时间", "发布日期", "目录发布时间", "创建时间", "数据集创建时间", "首次发布时间", "上架日期"),
        *("发布", "issued", "publish date"),
    ),
    Field.UPDATED_ON: (
        *("更新时间", "更新日期", "数据更新时间", "数据集更新时间", "最近更新时间", "最后更新时间", "modified"),
        "update date",
    ),
    Field.ROW_COUNT: ("数据量", "数据条数", "记录数", "结构化信息记录总数", "数据总量", "資料量", "rows"),
    Field.DETAIL_URL: ("详情页网址", "详情页", "网址", "链接", "详情链接", "地址链接", "url", "link"),
    Field.RELATED_CODES: ("关联资源代码", "关联目录代码", "关联代码"),
    Field.ITEMS: ("数据项", "信息项", "信息项列表", "字段列表", "主要欄位說明", "items", "fields"),
    Field.ITEM_NAME: ("信息项名称", "数据项名称", "字段中文名", "字段名称", "中文名称", "item name"),
    Field.ITEM_CODE: ("信息项代码", "字段英文名", "英文名称", "字段代码", "字段名", "item code"),
    Field.ITEM_TYPE: ("数据类型", "信息项数据类型", "字段类型", "item type"),
    Field.ITEM_LENGTH: ("数据长度", "信息项数据长度", "字段长度", "长度", "item length"),
    Field.ITEM_DESCRIPTION: ("信息项描述", "信息项说明", "字段描述", "字段说明"),
}


def bare(column: str) -> str:
    """Return a column's name without what templates hang on it: notes in brackets, stars, numbers, spaces."""
    text = unicodedata.normalize("NFKC", column).casefold()
    kept, depth = [], 0
    for sign in text:
        depth += sign in "([{【<"
        if not depth and (sign.isalnum() or sign == " "):
            kept.append(sign)
        depth -= sign in ")]}】>" and depth > 0
    words = "".join(kept).strip().lstrip("0123456789 ")
    for noise in ("必填项", "必填", "选填"):
        words = words.replace(noise, "")
    return words.strip()


_BY_FIELD = {field: tuple(dict.fromkeys(bare(name) for name in names)) for field, names in NAMES.items()}
_KNOWN = {name for names in _BY_FIELD.values() for name in names}


def likeness(column: str, field: Field) -> float:
    """Return how much a column's name looks like `field`, from 0 to 1; 1 is one of its usual names.

    The first usual names weigh a little more than the last ones, so that a name shared by two notions
    goes to the one it means more often.
    """
    name = bare(column)
    if not name:
        return 0.0
    best = 0.0
    for place, usual in enumerate(_BY_FIELD[field]):
        if name == usual:
            best = max(best, 1.0 - 0.004 * place)
        elif len(usual) > 1 and name.endswith(usual):
            best = max(best, 0.55 + 0.3 * len(usual) / len(name))
        elif len(usual) > 1 and usual in name:
            best = max(best, 0.35 + 0.3 * len(usual) / len(name))
    return best


def is_known(column: str) -> bool:
    """Return whether some notion usually bears this name."""
    return bare(column) in _KNOWN
