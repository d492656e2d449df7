"""Who is who in the invented city of Linlan (临澜市): facts alone, so that they can be read without a database."""

from hefu.kernel.actor import Role
from hefu.rooms.parties.terms import DepartmentRole

NAME = "临澜市"
#: No such code is given to any place; its first two digits put the city under Guangdong's pack.
PLACE = "449900"
DISTRICTS = ("449901", "449902", "449903", "449904", "449905", "449906")

_BOTH = (DepartmentRole.PROVIDER, DepartmentRole.CONSUMER)

#: key, name, short name, roles
DEPARTMENTS: tuple[tuple[str, str, str, tuple[DepartmentRole, ...]], ...] = (
    ("gov", "临澜市人民政府", "市政府", (DepartmentRole.CONSUMER,)),
    ("data", "临澜市政务服务和数据管理局", "数据局", (DepartmentRole.AUTHORITY,)),
    ("police", "临澜市公安局", "公安", _BOTH),
    ("market", "临澜市市场监督管理局", "市监", _BOTH),
    ("social", "临澜市人力资源和社会保障局", "人社", _BOTH),
    ("civil", "临澜市民政局", "民政", _BOTH),
    ("health", "临澜市卫生健康委员会", "卫健", _BOTH),
    ("school", "临澜市教育局", "教育", _BOTH),
    ("centre", "临澜市大数据中心", "数据中心", (DepartmentRole.OPERATOR,)),
    ("audit", "临澜市审计局", "审计", (DepartmentRole.AUDITOR,)),
)

#: sign-in name, name, department, roles
PEOPLE: tuple[tuple[str, str, str, tuple[Role, ...]], ...] = (
    ("shuju", "林知远", "data", (Role.REVIEWER,)),
    ("shuju-chief", "苏明澈", "data", (Role.CHIEF, Role.SUPERVISOR)),
    ("gongan", "陈予安", "police", (Role.OFFICER,)),
    ("gongan-chief", "周正清", "police", (Role.CHIEF,)),
    ("shijian", "何若溪", "market", (Role.OFFICER,)),
    ("shijian-chief", "吴行简", "market", (Role.CHIEF,)),
    ("renshe", "许言蹊", "social", (Role.OFFICER,)),
    ("renshe-chief", "沈既白", "social", (Role.CHIEF,)),
    ("minzheng", "顾念慈", "civil", (Role.OFFICER,)),
    ("minzheng-chief", "陆怀瑾", "civil", (Role.CHIEF,)),
    ("weijian", "江采薇", "health", (Role.OFFICER,)),
    ("weijian-chief", "季思齐", "health", (Role.CHIEF,)),
    ("jiaoyu", "温如许", "school", (Role.OFFICER,)),
    ("jiaoyu-chief", "叶闻道", "school", (Role.CHIEF,)),
    ("yunwei", "程稳", "centre", (Role.OPERATOR,)),
    ("anquan", "方守拙", "centre", (Role.SECURITY,)),
    ("shenji", "严究", "audit", (Role.AUDITOR,)),
)


def sign_ins() -> list[tuple[str, str, str]]:
    """Return sign-in name, person and department of everybody in the city."""
    names = {key: name for key, name, _short, _roles in DEPARTMENTS}
    return [(username, name, names[key]) for username, name, key, _roles in PEOPLE]
