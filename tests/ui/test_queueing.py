"""Whose question is next."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pytest

from ui.desk.queueing import FairQueue, Turn

WAIT_S = 5.0


def served(queue: FairQueue, turns: Iterable[Turn]) -> list[Turn]:
    """The turns in the order in which they run, each ended as soon as it has begun."""
    left, order = list(turns), []
    while left:
        running = [turn for turn in left if turn.place == 0]
        assert len(running) == 1
        with running[0] as granted:
            assert granted
        left.remove(running[0])
        order.append(running[0])
    return order


def test_one_person_is_served_in_order() -> None:
    queue = FairQueue()
    turns = [queue.turn("ada") for _ in range(3)]
    assert [turn.place for turn in turns] == [0, 1, 2]
    assert served(queue, turns) == turns
    assert len(queue) == 0


def test_ten_questions_of_one_do_not_hold_up_the_others() -> None:
    queue = FairQueue()
    greedy = [queue.turn("ada") for _ in range(10)]
    other, third = queue.turn("bert"), queue.turn("cleo")
    assert (other.place, third.place) == (1, 2)
    assert greedy[1].place == 3
    again = queue.turn("bert")
    assert served(queue, [*greedy, other, third, again]) == [
        greedy[0], other, third, greedy[1], again, *greedy[2:],
    ]  # fmt: skip


def test_who_was_just_served_comes_after_those_who_were_not() -> None:
    queue = FairQueue()
    first, waiting = queue.turn("ada"), queue.turn("bert")
    with first:
        pass
    again = queue.turn("ada")
    assert (waiting.place, again.place) == (0, 1)
    newcomer = queue.turn("cleo")
    assert (newcomer.place, again.place) == (1, 2)
    assert served(queue, [waiting, again, newcomer]) == [waiting, newcomer, again]


def test_nobody_owes_for_what_was_long_ago() -> None:
    queue = FairQueue()
    served(queue, [queue.turn("ada") for _ in range(5)])
    blocker = queue.turn("bert")
    ada, cleo = queue.turn("ada"), queue.turn("cleo")
    with blocker:
        pass
    assert served(queue, [ada, cleo]) == [cleo, ada]
    served(queue, [queue.turn("cleo") for _ in range(3)])
    assert queue._served.keys() <= {"cleo"}


def test_every_move_is_told() -> None:
    queue = FairQueue()
    moves: dict[str, list[int]] = {"ada": [], "bert": [], "cleo": []}
    turns = {person: queue.turn(person, moves[person].append) for person in moves}
    assert moves == {"ada": [0], "bert": [1], "cleo": [2]}
    turns["bert"].leave()
    assert moves["cleo"] == [2, 1]
    with turns["ada"]:
        pass
    assert moves == {"ada": [0], "bert": [1], "cleo": [2, 1, 0]}
    turns["cleo"].leave()
    assert len(queue) == 0


def test_leaving_ends_the_wait_at_once() -> None:
    queue = FairQueue()
    running, waiting = queue.turn("ada"), queue.turn("bert")
    granted: list[bool] = []

    def work() -> None:
        with waiting as mine:
            granted.append(mine)

    with running:
        worker = threading.Thread(target=work)
        worker.start()
        waiting.leave()
        worker.join(WAIT_S)
        assert granted == [False]
        assert len(queue) == 1


def test_who_runs_keeps_the_model_until_the_block_has_ended() -> None:
    queue = FairQueue()
    running, waiting = queue.turn("ada"), queue.turn("bert")
    with running as granted:
        assert granted
        running.leave()
        assert waiting.place == 1
    assert waiting.place == 0
    waiting.leave()


def test_who_leaves_before_it_has_begun_lets_the_next_in() -> None:
    queue = FairQueue()
    granted, waiting = queue.turn("ada"), queue.turn("bert")
    granted.leave()
    assert waiting.place == 0
    with granted as mine:
        assert not mine
    assert waiting.place == 0
    with waiting as mine:
        assert mine


def test_an_error_lets_the_next_in() -> None:
    queue = FairQueue()
    first, second = queue.turn("ada"), queue.turn("bert")
    with pytest.raises(ZeroDivisionError), first:
        raise ZeroDivisionError
    assert second.place == 0
    second.leave()


def test_exclusively_waits_for_who_runs_and_goes_before_who_waits() -> None:
    queue = FairQueue()
    running, waiting = queue.turn("ada"), queue.turn("bert")
    inside, leave = threading.Event(), threading.Event()

    def change() -> None:
        with queue.exclusively():
            inside.set()
            assert leave.wait(WAIT_S)

    changer = threading.Thread(target=change)
    with running:
        changer.start()
        assert not inside.wait(0.05)
    assert inside.wait(WAIT_S)
    assert waiting.place == 1
    leave.set()
    changer.join(WAIT_S)
    assert waiting.place == 0
    waiting.leave()


def test_exclusively_at_rest_begins_at_once_and_one_after_another() -> None:
    queue = FairQueue()
    with queue.exclusively():
        turn = queue.turn("ada")
        assert turn.place == 1
    with turn as granted:
        assert granted


def test_nothing_begins_after_closing() -> None:
    queue = FairQueue()
    running, waiting = queue.turn("ada"), queue.turn("bert")
    answers: list[bool] = []

    def wait() -> None:
        with waiting as mine:
            answers.append(mine)

    waiter = threading.Thread(target=wait)
    with running:
        waiter.start()
        assert not queue.close(timeout=0.01)
        waiter.join(WAIT_S)
    assert answers == [False]
    assert queue.close(timeout=WAIT_S)
    with queue.turn("cleo") as mine:
        assert not mine


def test_only_one_runs_whoever_comes() -> None:
    queue, together, most = FairQueue(), 0, 0
    gate = threading.Barrier(20)

    def work(person: str) -> None:
        nonlocal together, most
        gate.wait(WAIT_S)
        for _ in range(10):
            with queue.turn(person) as granted:
                assert granted
                together += 1
                most = max(most, together)
                together -= 1

    workers = [threading.Thread(target=work, args=(f"person {n % 7}",)) for n in range(20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert most == 1
    assert len(queue) == 0
