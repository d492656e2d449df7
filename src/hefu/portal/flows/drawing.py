"""Pictures of flows as plain SVG: laid out here, written by the templates, so that they need no script and print."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

#: Widths of both pictures, in the drawing's own measure.
WIDTH = 960
#: Height of a line of text with its space.
LINE = 24
#: Signs of a name that fit; a Chinese sign is as wide as two others.
_FIT = 30
#: The last sign that is as narrow as a Latin letter.
_NARROW = 0x2E7F
#: Ribbons drawn: more than these tell nothing; the table has all.
MOST = 40
_GAP, _TOP = 12, 8
#: Where the sides of the map stand.
_LEFT, _RIGHT, _BAR = 250, WIDTH - 250, 10


@dataclass(frozen=True)
class Ribbon:
    """One flow from the left to the right."""

    path: str
    #: Where it is told more of.
    address: str
    title: str
    failed: bool


@dataclass(frozen=True)
class Node:
    """One department at either side."""

    name: str
    whole: str
    x: str
    y: str
    height: str
    #: Where its name stands.
    text_x: str
    text_y: str
    anchor: str


@dataclass(frozen=True)
class Map:
    """The map: providers at the left, consumers at the right."""

    ribbons: tuple[Ribbon, ...]
    nodes: tuple[Node, ...]
    height: int
    #: Flows that the picture leaves out, the smallest.
    left_out: int
    width: int = WIDTH


@dataclass(frozen=True)
class Stream:
    """What the map draws of a flow."""

    provider: str
    consumer: str
    weight: int
    address: str
    title: str
    failed: bool = False


def fitted(name: str, signs: int = _FIT) -> str:
    """Return as much of a name as fits.

    >>> fitted("市市场监督管理局行政审批处", 20), fitted("name", 20)
    ('市市场监督管理局行…', 'name')
    """
    widths = [2 if ord(sign) > _NARROW else 1 for sign in name]
    if sum(widths) <= signs:
        return name
    kept = wide = 0
    while wide + widths[kept] < signs:
        wide, kept = wide + widths[kept], kept + 1
    return name[:kept] + "…"


def draw_map(streams: Sequence[Stream]) -> Map:
    """Lay the map out; how broad a ribbon is grows with the root of its rows, so that small ones stay visible."""
    shown = sorted(streams, key=lambda one: -one.weight)[:MOST]
    broad = {id(one): 4 + 28 * sqrt(one.weight / max(1, shown[0].weight)) for one in shown}
    left = _stacked([(one.provider, broad[id(one)]) for one in shown])
    right = _stacked([(one.consumer, broad[id(one)]) for one in shown])
    used_left, used_right = dict.fromkeys(left, 0.0), dict.fromkeys(right, 0.0)
    ribbons = []
    # From top to bottom on both sides, so that ribbons cross as little as they must.
    for one in sorted(shown, key=lambda one: (left[one.provider][0], right[one.consumer][0])):
        breadth = broad[id(one)]
        y1 = left[one.provider][0] + used_left[one.provider]
        y2 = right[one.consumer][0] + used_right[one.consumer]
        used_left[one.provider] += breadth
        used_right[one.consumer] += breadth
        ribbons.append(Ribbon(_band(y1, y2, breadth), one.address, one.title, one.failed))
    nodes = [_node(name, place, _LEFT - _BAR, _LEFT - _BAR - 8, "end") for name, place in left.items()]
    nodes += [_node(name, place, _RIGHT, _RIGHT + _BAR + 8, "start") for name, place in right.items()]
    height = max((top + high for top, high in (*left.values(), *right.values())), default=0.0) + _TOP
    return Map(tuple(ribbons), tuple(nodes), int(height), len(streams) - len(shown))


def _stacked(parts: Iterable[tuple[str, float]]) -> dict[str, tuple[float, float]]:
    """Return name → (top, height): each as high as its parts together, at least a line, the highest first."""
    together: dict[str, float] = {}
    for name, breadth in parts:
        together[name] = together.get(name, 0.0) + breadth
    at, found = float(_TOP), {}
    for name in sorted(together, key=lambda name: (-together[name], name)):
        found[name] = (at, together[name])
        at += max(together[name], LINE) + _GAP
    return found


def _band(y1: float, y2: float, breadth: float) -> str:
    middle = (_LEFT + _RIGHT) / 2
    low1, low2 = y1 + breadth, y2 + breadth
    there = f"M{_LEFT},{y1:.1f}C{middle:.0f},{y1:.1f} {middle:.0f},{y2:.1f} {_RIGHT},{y2:.1f}"
    return there + f"V{low2:.1f}C{middle:.0f},{low2:.1f} {middle:.0f},{low1:.1f} {_LEFT},{low1:.1f}Z"


def _node(name: str, place: tuple[float, float], x: int, text_x: int, anchor: str) -> Node:
    top, high = place
    middle = top + max(high, 16) / 2 + 4
    return Node(fitted(name), name, str(x), f"{top:.1f}", f"{high:.1f}", str(text_x), f"{middle:.1f}", anchor)


@dataclass(frozen=True)
class Cell:
    """One column or item in the picture of an entry's ways."""

    name: str
    whole: str
    x: int
    y: int
    #: What is done to the value before it arrives; empty when it arrives as it is.
    mask: str = ""


@dataclass(frozen=True)
class Box:
    """What stands together: the source's table, the entry, one consumer's table."""

    title: str
    whole: str
    under: str
    address: str
    x: int
    y: int
    width: int
    height: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Line:
    """From one cell to another."""

    path: str
    masked: bool


@dataclass(frozen=True)
class Lineage:
    """Where each column of an entry comes from and goes to."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    height: int
    width: int = WIDTH


@dataclass(frozen=True)
class Arrival:
    """One consumer's table: item → (column there, what is hidden of it)."""

    title: str
    under: str
    address: str
    columns: dict[str, tuple[str, str]]


_BOX, _HEAD = 270, 44
_PLACES = (0, (WIDTH - _BOX) // 2, WIDTH - _BOX)


def draw_lineage(
    source: tuple[str, str, str],
    entry: tuple[str, str, str],
    items: Sequence[tuple[str, str, str]],
    arrivals: Sequence[Arrival],
) -> Lineage:
    """Lay out source, entry and consumers, each a box with its columns; lines join what is the same datum.

    Args:
        source: Title of the source's table, what stands under it, its address; all empty when the reader may not know.
        entry: The same of the entry.
        items: Key, name and source column of each item; the column is empty when it is not mounted or not known.
        arrivals: Where it goes.
    """
    boxes, lines = [], []
    middle = _box(entry, 1, 0, [(name, "") for _key, name, _column in items])
    places = {key: cell for (key, _name, _column), cell in zip(items, middle.cells, strict=True)}
    boxes.append(middle)
    if source[0]:
        held = [(key, column) for key, _name, column in items if column]
        box = _box(source, 0, 0, [(column, "") for _key, column in held])
        boxes.insert(0, box)
        lines += [
            Line(_curve(cell.y, places[key].y, 0), masked=False)
            for (key, _column), cell in zip(held, box.cells, strict=True)
        ]
    top = 0
    for one in arrivals:
        told = [(key, *one.columns[key]) for key in places if key in one.columns]
        box = _box((one.title, one.under, one.address), 2, top, [(column, mask) for _key, column, mask in told])
        boxes.append(box)
        top += box.height + _GAP
        lines += [
            Line(_curve(places[key].y, cell.y, 1), masked=bool(mask))
            for (key, _column, mask), cell in zip(told, box.cells, strict=True)
        ]
    height = max(box.y + box.height for box in boxes) + 2
    return Lineage(tuple(boxes), tuple(lines), height)


def _box(told: tuple[str, str, str], place: int, top: int, cells: Sequence[tuple[str, str]]) -> Box:
    title, under, address = told
    x = _PLACES[place]
    made = tuple(
        Cell(fitted(name, 20 if mask else 32), name, x + 14, top + _HEAD + LINE * at + 16, mask)
        for at, (name, mask) in enumerate(cells)
    )
    return Box(fitted(title), title, fitted(under, 38), address, x, top + 1, _BOX, _HEAD + LINE * len(cells) + 6, made)


def _curve(y1: int, y2: int, place: int) -> str:
    start, end = _PLACES[place] + _BOX, _PLACES[place + 1]
    middle = (start + end) // 2
    return f"M{start},{y1 - 4}C{middle},{y1 - 4} {middle},{y2 - 4} {end},{y2 - 4}"
