"""What a slate costs: measured in turn, reported side by side."""

from multibo.evaluation.preferences.costs import Cost, cost_of, cost_table, history_of


def test_a_history_has_as_many_answers_as_asked_for() -> None:
    history = history_of(7, seed=1)

    assert len(history) == 7
    assert history_of(7, seed=1) == history


def test_every_history_is_one_figure() -> None:
    cost = cost_of("evolution", n_answers=5, n_repeats=3, warm=True)

    assert len(cost.processor_ms) == len(cost.wall_ms) == 3
    assert cost.memory_mib >= 0


def test_the_table_has_a_row_per_rival_and_length() -> None:
    costs = [
        Cost("multibo", 50, True, [10.0, 30.0, 20.0], [11.0, 33.0, 22.0], 4.0),
        Cost("botorch-qeubo", 50, False, [1000.0] * 3, [1100.0] * 3, 64.0),
    ]

    lines = cost_table(costs).splitlines()

    assert lines[2] == "| 50 | ours, the slate before known | 20 | 30 | 22 | 4 |"
    assert lines[3].startswith("| 50 | stock BoTorch: PairwiseGP + qEUBO | 1000 |")
