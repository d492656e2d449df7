"""How an entry's code is put together and checked: parts in a row, as a profile lists them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from hefu.rooms.catalog.terms import FormatClass

#: Signs that a code may have, its column being that wide.
LONGEST_CODE = 40

#: 类 1 digit, 项 2, 目 3, 细目 as many as the place uses.
CLASS_CODE = r"[123](?:\d{2}(?:\d{3}(?:\d{1,12})?)?)?"


class PartKind(StrEnum):
    """What a part of a code is."""

    #: The same signs in every code.
    TEXT = "text"
    #: 前段码: the entry's class, as far as it is known.
    CLASS_CODE = "class_code"
    #: Division code of the provider's place, cut or filled with noughts.
    PLACE = "place"
    #: Signs of the provider's unified social credit code.
    PROVIDER = "provider"
    #: A letter that the format class gives.
    FORMAT = "format"
    #: Sequence number among the codes that begin alike.
    COUNTER = "counter"
    #: Two check digits over everything before, ISO 7064 MOD 97-10; letters count as 10 to 35.
    CHECK = "mod97_10"


@dataclass(frozen=True)
class Part:
    """One part of a code."""

    kind: PartKind
    #: The signs of a text.
    text: str = ""
    #: Digits of a place or a counter.
    digits: int = 0
    #: Whether the counter may grow past its digits.
    grows: bool = False
    #: Of a provider: first and last sign of the credit code, counted from 1.
    signs: tuple[int, int] = (1, 18)
    #: Of a format: format class → sign, and the sign where none is known.
    letters: tuple[tuple[FormatClass, str], ...] = ()
    otherwise: str = ""

    @property
    def pattern(self) -> str:
        """Return the regular expression of the part."""
        match self.kind:
            case PartKind.TEXT:
                return re.escape(self.text)
            case PartKind.CLASS_CODE:
                return CLASS_CODE
            case PartKind.PLACE:
                return rf"\d{{{self.digits}}}"
            case PartKind.PROVIDER:
                return rf"[0-9A-Z]{{{self.signs[1] - self.signs[0] + 1}}}"
            case PartKind.FORMAT:
                signs = sorted({self.otherwise, *(sign for _kind, sign in self.letters)})
                return f"(?:{'|'.join(re.escape(sign) for sign in signs)})"
            case PartKind.COUNTER:
                return rf"\d{{{self.digits}{',' if self.grows else ''}}}"
            case PartKind.CHECK:
                return r"\d{2}"

    @property
    def longest(self) -> int:
        """Return how many signs the part has at most; a counter that grows is given four more."""
        match self.kind:
            case PartKind.TEXT:
                return len(self.text)
            case PartKind.CLASS_CODE:
                return 18
            case PartKind.PROVIDER:
                return self.signs[1] - self.signs[0] + 1
            case PartKind.FORMAT:
                return max(len(sign) for sign in (self.otherwise, *(sign for _kind, sign in self.letters)))
            case PartKind.CHECK:
                return 2
            case _:
                return self.digits + (4 if self.grows else 0)


@dataclass(frozen=True)
class CodeFacts:
    """What a code is made from."""

    class_code: str
    #: Division code of the provider's place.
    place: str
    credit_code: str
    format_class: FormatClass | None = None


@dataclass(frozen=True)
class CodeRule:
    """The parts of a profile's codes, in their order."""

    parts: tuple[Part, ...]
    #: Title and place of the text that says so.
    source: str

    def stem(self, facts: CodeFacts) -> str:
        """Return what stands before the counter: codes with one stem are counted together."""
        return "".join(_written(part, facts) for part in self._before())

    def codes(self, facts: CodeFacts, numbers: Iterable[int]) -> Iterator[str]:
        """Yield the code of each sequence number.

        Raises:
            OverflowError: The counter has fewer digits than the number.
        """
        stem, after = self.stem(facts), self.parts[len(self._before()) :]
        for number in numbers:
            code = stem
            for part in after:
                if part.kind is PartKind.COUNTER:
                    code += _counted(part, number)
                elif part.kind is PartKind.CHECK:
                    code += check_digits(code)
                else:
                    code += _written(part, facts)
            yield code

    def fits(self, code: str) -> bool:
        """Return whether `code` has the form that the rule gives, check digits and all."""
        found = re.fullmatch("".join(f"({part.pattern})" for part in self.parts), code)
        if not found:
            return False
        for place, part in enumerate(self.parts, start=1):
            if part.kind is PartKind.CHECK and found.group(place) != check_digits(code[: found.start(place)]):
                return False
        return True

    @property
    def longest(self) -> int:
        """Return how many signs a code has at most."""
        return sum(part.longest for part in self.parts)

    def _before(self) -> tuple[Part, ...]:
        at = next(place for place, part in enumerate(self.parts) if part.kind is PartKind.COUNTER)
        return self.parts[:at]


def check_digits(text: str) -> str:
    """Return the two check digits of ISO 7064 MOD 97-10 over the letters and digits of `text`.

    >>> check_digits("794")
    '44'
    """
    number = "".join(str(int(sign, 36)) for sign in text if sign.isascii() and sign.isalnum())
    return f"{98 - int(number + '00') % 97:02d}"


def _written(part: Part, facts: CodeFacts) -> str:
    match part.kind:
        case PartKind.TEXT:
            return part.text
        case PartKind.CLASS_CODE:
            return facts.class_code
        case PartKind.PLACE:
            return facts.place[: part.digits].ljust(part.digits, "0")
        case PartKind.PROVIDER:
            return facts.credit_code[part.signs[0] - 1 : part.signs[1]]
        case PartKind.FORMAT:
            return dict(part.letters).get(facts.format_class, part.otherwise) if facts.format_class else part.otherwise
        case _:
            raise ValueError(f"{part.kind} is not written from facts")


def _counted(part: Part, number: int) -> str:
    text = f"{number:0{part.digits}d}"
    if len(text) > part.digits and not part.grows:
        raise OverflowError(f"{number} has more than {part.digits} digits")
    return text
