from dataclasses import dataclass

from relmaps.catalogue.figures import FIGURES
from relmaps.catalogue.numbers import by_number
from relmaps.catalogue.tables import TABLES


@dataclass
class Record:
    number: str | None


def test_the_order_is_that_of_a_paper():
    numbers = ["S10", "5b", "10", "S2", None, "5a", "2"]
    ordered = by_number({f"figure {number}": Record(number) for number in numbers})
    assert list(ordered) == ["2", "5a", "5b", "10", "S2", "S10"]
    assert ordered["5b"] == "figure 5b"


def test_no_number_is_given_twice():
    for records in (FIGURES, TABLES):
        numbers = [record.number for record in records.values() if record.number]
        assert sorted(numbers) == sorted(by_number(records))
