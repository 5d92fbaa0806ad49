"""BoTorch as it comes, for real."""

from multibo.evaluation.preferences.play import random_slates
from multibo.evaluation.preferences.rivals import STOCK, open_rival
from multibo.optimizer.preference.dataset import choice


def test_a_choice_is_three_pairs_and_a_shown_vector_is_one_point() -> None:
    from multibo.evaluation.preferences.stock_botorch import pairs

    first, second = random_slates(2, 0)[:2]
    again = (first[0], *second[1:])

    shown, won = pairs((choice(first, 2), choice(again, 0)))

    assert len(shown) == 7
    assert won == [[2, 0], [2, 1], [2, 3], [0, 4], [0, 5], [0, 6]]


def test_stock_botorch_proposes_and_recommends_the_same_for_the_same_seed() -> None:
    history = tuple(choice(slate, 1) for slate in random_slates(2, 0))

    slates, said = zip(
        *(
            (rival.propose(history, seed=3), rival.recommend(history, seed=3))
            for rival in (open_rival(STOCK)(2), open_rival(STOCK)(2))
        ),
        strict=True,
    )

    assert slates[0] == slates[1]
    assert said[0] == said[1]
    assert len(slates[0]) == 4
    assert said[0].shown in {warp for answer in history for warp in answer.shown}
