"""Which lines of a sheet name its columns: below titles and notes, over two lines, under merged cells, or none."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hefu.rooms.catalog.importing import values
from hefu.rooms.catalog.importing.names import bare, general
from hefu.rooms.catalog.importing.table import Table

Line = Sequence[Any]
#: Start and end of merged cells, each as row and column from 0.
Merged = tuple[tuple[int, int], tuple[int, int]]

#: Lines from the top among which a header is looked for.
HEADER_WITHIN = 20
#: Signs that a column's name has at most.
_LONGEST = 60
#: Lines that a header spans at most.
_DEEPEST = 6


def below_header(lines: Sequence[Line], merged: Sequence[Merged] = ()) -> Table:
    """Return the rows below the header, by the names that it gives; a sheet without one gets `column 1` and so on."""
    filled = _spread(lines, merged)
    width = max((len(line) for line in filled), default=0)
    padded = [[*line, *([""] * (width - len(line)))] for line in filled]
    found = _header(padded, merged)
    if found is None:
        return Table((), ())
    first, last = found
    if last < first:
        names = [f"column {place}" for place in range(1, width + 1)]
    else:
        first, last = _whole(padded, first, last, merged)
        names = _names(padded[first : last + 1])
    rows = []
    for number, cells in enumerate(padded[last + 1 :], start=last + 2):
        # A cell beyond the last named column is kept as it is: nothing of a row is lost.
        told = {name or f"column {place}": cell for place, (name, cell) in enumerate(zip(names, cells, strict=True), 1)}
        row = {name: cell for name, cell in told.items() if name in names or _said(cell)}
        if any(_said(cell) for cell in row.values()) and not _repeats(names, cells):
            rows.append((number, row))
    beyond = dict.fromkeys(name for _number, row in rows for name in row)
    columns = tuple(dict.fromkeys([*(name for name in names if name), *beyond]))
    return Table(columns, tuple(rows))


def _said(cell: Any) -> bool:
    return bool(str(cell).strip()) if cell is not None else False


def _text(cell: Any) -> str:
    """Return a cell as a name: without line breaks, which templates use to make columns narrow."""
    text = re.sub(r"(?<=[\u3400-\u9fff（(])\s*\n\s*(?=[\u3400-\u9fff（(])", "", str(cell if cell is not None else ""))
    return " ".join(text.split())


def _spread(lines: Sequence[Line], merged: Sequence[Merged]) -> list[list[Any]]:
    """Write into every cell of a merged range what its first one says."""
    made = [list(line) for line in lines]
    for (top, left), (bottom, right) in merged:
        if top >= len(made) or left >= len(made[top]):
            continue
        said = made[top][left]
        for row in made[top : bottom + 1]:
            row.extend([""] * (right + 1 - len(row)))
            row[left : right + 1] = [said] * (right + 1 - left)
    return made


def _known(line: Line) -> int:
    """Return how many different names of a line some notion usually bears."""
    return len({text for cell in line if (text := _text(cell)) and len(text) <= _LONGEST and general().is_known(text)})


def _header(lines: Sequence[Line], merged: Sequence[Merged]) -> tuple[int, int] | None:
    """Return the first and last line of the header; the last before the first when there is none."""
    top = lines[:HEADER_WITHIN]
    known = [_known(line) for line in top]
    if known and max(known) >= 2:
        best = known.index(max(known))
        return best, best
    tall = [(start[0], end[0]) for start, end in merged if start[0] < end[0] and end[0] < HEADER_WITHIN]
    if tall and min(tall)[0] == 0 and len(tall) > 1:
        return 0, max(end for start, end in tall if start == 0)
    filled = [sum(_said(cell) for cell in line) for line in top]
    widest = max(filled, default=0)
    place = next((place for place, count in enumerate(filled) if count > 1 and 2 * count >= widest), None)
    if place is None:
        return None
    return (place, place) if known[place] or _names_things(lines, place) else (place, place - 1)


def _names_things(lines: Sequence[Line], place: int) -> bool:
    """Return whether a line reads like names: short words, each once, no figures, and other than the lines below."""
    texts = [_text(cell) for cell in lines[place] if _said(cell)]
    if len(set(texts)) < len(texts):
        return False
    if any(len(text) > _LONGEST or not _is_word(text) for text in texts):
        return False
    below = lines[place + 1 : place + 30]
    # A column that holds figures, days or addresses below and a word here is named by it; so is one whose
    # values repeat without ever saying this word.
    return not below or any(
        _said(cell) and _differs(_text(cell), [_text(line[at]) for line in below if _said(line[at])])
        for at, cell in enumerate(lines[place])
    )


def _differs(name: str, texts: list[str]) -> bool:
    if not texts:
        return True
    figures = sum(not _is_word(text) for text in texts) / len(texts)
    usual = sorted(len(text) for text in texts)[len(texts) // 2]
    return figures > 0.7 or (name not in texts and (len(set(texts)) < 0.6 * len(texts) or usual > 2 * len(name)))


def _is_word(text: str) -> bool:
    if values.day(text) is not None or "://" in text or text.startswith(("/", "http")):
        return False
    return not re.fullmatch(r"[\d\s.,:%+\-*#()¥$]+", text)


def _whole(lines: Sequence[Line], first: int, last: int, merged: Sequence[Merged]) -> tuple[int, int]:
    """Widen a header that spans several lines: by the merged cells it is part of, or by what completes it."""
    for (top, _left), (bottom, _right) in merged:
        if top < bottom and top <= last and bottom >= first and bottom - top < _DEEPEST:
            first, last = min(first, top), max(last, bottom)
    if first == last and first > 0 and _completes(lines[first - 1], lines[first]):
        first -= 1
    if first == last and last + 1 < len(lines) and _completes(lines[last], lines[last + 1]):
        last += 1
    return first, last


def _completes(upper: Line, lower: Line) -> bool:
    """Return whether two lines are one header: the lower names what the upper leaves open or spans."""
    above, below = [_text(cell) for cell in upper], [_text(cell) for cell in lower]
    repeated = Counter(above)
    opened = clash = 0
    for place, (high, low) in enumerate(zip(above, below, strict=True)):
        spans = repeated[high] > 1 or (place + 1 < len(above) and not above[place + 1] and bool(below[place + 1]))
        if not low or low == high:
            continue
        if not high or spans:
            opened += 1
        else:
            clash += 1
    # A title over the whole width spans everything and names nothing; a header's upper line says something else too.
    told = {text for text in above if text}
    words = all(_is_word(text) and len(text) <= _LONGEST for text in below if text)
    return opened >= 2 and clash == 0 and words and len(told) > 1 and _known(lower) >= 1


def _names(block: Sequence[Line]) -> list[str]:
    """Return a name for each column: what the lowest line says, with the line above where that alone is no name."""
    columns = [
        list(dict.fromkeys(text for cell in column if (text := _text(cell)))) for column in zip(*block, strict=True)
    ]
    lowest = Counter(told[-1] for told in columns if told)
    carried = _carried(block)
    made = []
    for place, told in enumerate(columns):
        if not told:
            made.append("")
        elif lowest[told[-1]] == 1 and len(bare(told[-1])) > 1:
            made.append(told[-1])
        else:
            parents = [*told[:-1], *([carried[place]] if len(told) == 1 and carried[place] not in told else [])]
            made.append(" ".join(part for part in (*parents, told[-1]) if part))
    return list(_distinct(made))


def _carried(block: Sequence[Line]) -> list[str]:
    """Return for each column what the upper line last said to its left."""
    said, made = "", []
    for cell in block[0]:
        said = _text(cell) or said
        made.append(said if len(block) > 1 else "")
    return made


def _distinct(names: Iterable[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield f"{name} ({seen[name]})" if name and seen[name] > 1 else name


def _repeats(names: Sequence[str], cells: Line) -> bool:
    """Return whether a row is the header again, as sheets have it at each printed page."""
    told = [(name, _text(cell)) for name, cell in zip(names, cells, strict=True) if _said(cell)]
    return len(told) > 1 and all(name == text for name, text in told)
