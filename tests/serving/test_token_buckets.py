"""Each one has an allowance of their own, which grows back."""

from serving.token_buckets import TokenBuckets


def test_as_many_as_the_burst_may_come_at_once_and_then_as_many_as_grow_back() -> None:
    now = [0.0]
    buckets = TokenBuckets[str](60, 2, clock=lambda: now[0])
    assert [buckets.take("ann") for _ in range(3)] == [0, 0, 1]
    now[0] = 1.0
    assert [buckets.take("ann"), buckets.take("ann")] == [0, 1]
    now[0] = 1000.0
    assert [buckets.take("ann") for _ in range(3)] == [0, 0, 1]


def test_what_is_given_back_can_be_taken_again_but_never_more_than_the_burst() -> None:
    buckets = TokenBuckets[str](60, 1, clock=lambda: 0.0)
    buckets.give_back("ann")
    assert [buckets.take("ann"), buckets.take("ann")] == [0, 1]
    buckets.give_back("ann")
    buckets.give_back("ann")
    assert [buckets.take("ann"), buckets.take("ann")] == [0, 1]


def test_whoever_was_not_seen_for_longest_is_forgotten_first() -> None:
    buckets = TokenBuckets[str](60, 1, clock=lambda: 0.0, max_keys=2)
    for name in ("ann", "bob", "ann", "cid"):
        buckets.take(name)
    assert len(buckets) == 2
    assert buckets.take("ann") == 1
    assert buckets.take("bob") == 0
