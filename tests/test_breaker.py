"""The circuit breaker as a state machine."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from assistant.breaker import Breaker


class Hands:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_only_then() -> None:
    breaker = Breaker(failures=2, open_s=10, now=Hands())

    breaker.fail()
    breaker.succeed()
    breaker.fail()
    assert breaker.enter()

    breaker.fail()
    assert not breaker.enter()


def test_after_the_pause_one_probe_goes_and_the_others_are_refused() -> None:
    hands = Hands()
    breaker = Breaker(failures=1, open_s=10, now=hands)
    breaker.fail()

    hands.now = 10

    assert [breaker.enter(), breaker.enter()] == [True, False]
    assert not breaker.would_let_in


def test_a_failed_probe_opens_the_circuit_for_another_pause() -> None:
    hands = Hands()
    breaker = Breaker(failures=3, open_s=10, now=hands)
    for _ in range(3):
        breaker.fail()
    hands.now = 10
    breaker.enter()

    breaker.fail()

    assert not breaker.enter()
    hands.now = 20
    assert breaker.enter()


class AnyHistory(RuleBasedStateMachine):
    """Whatever happens: the property agrees with `enter`, and the circuit never stays open for good."""

    def __init__(self) -> None:
        super().__init__()
        self.hands = Hands()
        self.breaker = Breaker(failures=2, open_s=5, now=self.hands)
        self.out = 0

    @rule()
    def enter(self) -> None:
        would = self.breaker.would_let_in
        went = self.breaker.enter()
        assert went == would
        self.out += went

    @precondition(lambda self: self.out)
    @rule(good=st.booleans())
    def report(self, good: bool) -> None:
        self.out -= 1
        (self.breaker.succeed if good else self.breaker.fail)()

    @rule(seconds=st.integers(1, 10))
    def wait(self, seconds: int) -> None:
        self.hands.now += seconds

    @invariant()
    def never_stuck(self) -> None:
        if not self.out:
            self.hands.now += 5
            assert self.breaker.would_let_in


TestAnyHistory = AnyHistory.TestCase
