"""The demonstration's data: figures that add up."""

from hefu.demo.dirt import Dirt
from hefu.demo.firms import firms
from hefu.kernel.identifiers import credit_code


def test_the_generated_firms_hold_as_many_faults_as_were_counted() -> None:
    dirt = Dirt()
    codes = [row[0] for row in firms(5_000, city="某市", divisions=("449901",), seed=7, dirt=dirt)]
    assert sum(code is None for code in codes) == dirt.counts["missing key"]
    wrong = sum(code is not None and str(code).isascii() and not credit_code.is_valid(str(code)) for code in codes)
    # a copied key may be one that is itself wrong
    assert 0 <= wrong - dirt.counts["wrong check character"] <= dirt.counts["duplicate key"]
