"""Sets of numbers as bits answer as sets of Python do."""

from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.services.matching import number_sets

NUMBERS = st.sets(st.integers(0, 300) | st.integers(0, 20))


@given(numbers=NUMBERS)
def test_a_set_has_a_bit_for_each_of_its_numbers(numbers: set[int]) -> None:
    made = number_sets.of(numbers)
    assert made == sum(1 << number for number in numbers)
    assert number_sets.listed(",".join(map(str, numbers)) or None) == made


@given(
    numbers=NUMBERS,
    skip=st.integers(0, 40),
    take=st.integers(0, 40),
    falls=st.booleans(),
)
def test_some_of_a_set_are_those_of_a_list(
    numbers: set[int], skip: int, take: int, *, falls: bool
) -> None:
    found = number_sets.some(number_sets.of(numbers), skip, take, falls=falls)
    assert found == sorted(numbers, reverse=falls)[skip : skip + take]


@given(numbers=NUMBERS, number=st.integers(0, 310))
def test_those_after_a_number_are_greater(numbers: set[int], number: int) -> None:
    after = number_sets.after(number_sets.of(numbers), number)
    assert after == number_sets.of(other for other in numbers if other > number)
