"""Masks under a key, as SQL: a permutation of digits and a shift of days for each subject.

Both rest on SHA-256 over a key and a short text of one form, cut to 60 bits, so that every engine computes the same.
The key is made of the salt and the purpose: no text that one mask hashes is ever hashed by another.
"""

import hashlib
from typing import Literal

from hefu.dataplane.dialect import Dialect

#: Rounds of the permutation, as FF1 has them.
ROUNDS = 10
#: Fewest and most digits that are permuted. A million values cannot be told apart by trying; halves of 12 digits
#: leave the 60 bits of a round without a noticeable lean.
FEWEST, MOST = 6, 24
_SIGNS = "0123456789X"
#: Regular expression that a value of each form matches as a whole.
FORMS = {"digits": f"[0-9]{{{FEWEST},{MOST}}}", "citizen_id": "[0-9]{17}[0-9X]"}


def key(salt: str, purpose: str) -> str:
    """Return the key of one purpose, 64 hex digits."""
    return hashlib.sha256(f"hefu {purpose}\0{salt}".encode()).hexdigest()


def word(text: str, dialect: Dialect) -> str:
    """Return the first 60 bits of the SHA-256 of a text expression, as a bigint."""
    if dialect is Dialect.POSTGRES:
        return f"cast(cast('x' || left(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 15) as bit(60)) as bigint)"
    if dialect is Dialect.SPARK:
        return f"cast(conv(substring(sha2({text}, 256), 1, 15), 16, 10) as bigint)"
    return f"cast('0x' || left(sha256({text}), 15) as bigint)"


def permuted(text: str, form: Literal["digits", "citizen_id"], salt: str, dialect: Dialect) -> str:
    """Return another text of the form for each one; what is not of the form is covered.

    Args:
        text: A text expression; it may be written several times.
        form: What is permuted.
        salt: Secret text.
        dialect: Which database reads the expression.
    """
    secret = key(salt, form)
    body = text if form == "digits" else f"left({text}, 17)"
    moved = _FEISTEL[dialect](body, secret)
    if form == "citizen_id":
        # The last sign moves by what the others became, so that it tells nothing of what they were.
        last = dialect.place_of(f"right({text}, 1)", f"'{_SIGNS}'") + " - 1"
        shift = word(f"concat('{secret}', 'x/', {body})", dialect)
        place = dialect.cast(f"({last} + {shift}) % 11 + 1", "integer")
        moved = f"({moved}) || substr('{_SIGNS}', {place}, 1)"
    fits = dialect.full_match(text, FORMS[form])
    # A CASE, so that no digit is looked for where there is none.
    return f"case when {fits} then {moved} else repeat('*', length({text})) end"


def _feistel_postgres(text: str, secret: str) -> str:
    """Return the permutation with one nested query a round; OFFSET 0 keeps PostgreSQL from writing one into the next,
    which would compute the first round 55 times."""
    left = f"length({text}) / 2"
    rows = (
        f"select cast(left({text}, {left}) as bigint) as a, cast(right({text}, -({left})) as bigint) as b, "
        f"{left} as u, length({text}) - {left} as w offset 0"
    )
    for number in range(ROUNDS):
        drawn = word(f"concat('{secret}', '{number}/', u + w, '/', b)", Dialect.POSTGRES)
        most = f"cast(10 ^ {'w' if number % 2 else 'u'} as bigint)"
        rows = f"select b as a, mod(a + {drawn}, {most}) as b, u, w from ({rows}) as r offset 0"
    return f"(select lpad(cast(a as text), u, '0') || lpad(cast(b as text), w, '0') from ({rows}) as r)"


def _feistel_duckdb(text: str, secret: str) -> str:
    """Return the permutation as a fold over the numbers of the rounds.

    The halves and the number of digits travel with the fold: a column inside a lambda might be taken for one of its
    parameters.
    """
    steps = ", ".join(f"[{number}]" for number in range(ROUNDS))
    drawn = word(f"concat('{secret}', r[1], '/', h[3], '/', h[2])", Dialect.DUCKDB)
    most = "cast(10 ** (case when r[1] % 2 = 0 then h[3] // 2 else h[3] - h[3] // 2 end) as bigint)"
    left, right = f"left({text}, length({text}) // 2)", f"right({text}, length({text}) - length({text}) // 2)"
    halves = f"[try_cast({left} as bigint), try_cast({right} as bigint), length({text})]"
    folded = f"list_reduce([{steps}], lambda h, r: [h[2], (h[1] + {drawn}) % {most}, h[3]], {halves})"
    first = "lpad(cast(h[1] as varchar), cast(h[3] // 2 as integer), '0')"
    second = "lpad(cast(h[2] as varchar), cast(h[3] - h[3] // 2 as integer), '0')"
    return f"list_transform([{folded}], lambda h: {first} || {second})[1]"


def _feistel_spark(text: str, secret: str) -> str:
    """Return the permutation as a fold, as for DuckDB; there places are counted from 0."""
    steps = ", ".join(map(str, range(ROUNDS)))
    drawn = word(f"concat('{secret}', r, '/', h[2], '/', h[1])", Dialect.SPARK)
    most = "cast(power(10, case when r % 2 = 0 then h[2] div 2 else h[2] - h[2] div 2 end) as bigint)"
    left = f"left({text}, cast(length({text}) div 2 as int))"
    right = f"right({text}, cast(length({text}) - length({text}) div 2 as int))"
    halves = f"array(try_cast({left} as bigint), try_cast({right} as bigint), cast(length({text}) as bigint))"
    folded = f"aggregate(array({steps}), {halves}, (h, r) -> array(h[1], (h[0] + {drawn}) % {most}, h[2]))"
    first = "lpad(cast(h[0] as string), cast(h[2] div 2 as int), '0')"
    second = "lpad(cast(h[1] as string), cast(h[2] - h[2] div 2 as int), '0')"
    return f"transform(array({folded}), h -> concat({first}, {second}))[0]"


_FEISTEL = {
    Dialect.POSTGRES: _feistel_postgres,
    Dialect.DUCKDB: _feistel_duckdb,
    Dialect.SPARK: _feistel_spark,
}


def days_shifted(subject: str, most: int, salt: str, dialect: Dialect) -> str:
    """Return by how many days the rows of a subject move: 1 to `most`, forth or back, never 0.

    Args:
        subject: A text expression.
        most: Days.
        salt: Secret text.
        dialect: Which database reads the expression.
    """
    drawn = word(f"concat('{key(salt, 'days')}', {subject})", dialect)
    # concat takes NULL for an empty text, and whoever has no subject must not share one shift.
    place = f"({drawn} % {2 * most} - {most})"
    return dialect.cast(
        f"case when {subject} is null then null when {place} < 0 then {place} else {place} + 1 end", "integer"
    )
