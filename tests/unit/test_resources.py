from relmaps.resources import growing


def test_each_attempt_asks_for_more():
    assert [growing(1000)(None, attempt) for attempt in (1, 2, 3)] == [1000, 2000, 3000]
