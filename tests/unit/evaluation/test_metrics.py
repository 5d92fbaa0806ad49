import pytest
import torch
from torch.nn import functional
from transformers import CLIPModel

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.metrics import METRICS, gain, metric
from multibo.evaluation.pictures import decode_picture
from multibo.pretrained import judge_path
from tests.support.pictures import a_jpeg, a_picture


@pytest.fixture(params=sorted(METRICS))
def name(request: pytest.FixtureRequest) -> str:
    """Every metric passes every test that takes it."""
    return str(request.param)


def test_identical_pictures_score_perfect(name: str) -> None:
    picture = a_picture()

    distances = metric(name).distances(torch.stack([picture, picture]), picture)

    assert distances.tolist() == pytest.approx([0, 0], abs=1e-5)


def test_distances_do_not_depend_on_the_company(name: str) -> None:
    target, pictures = a_picture(0), torch.stack([a_picture(1), a_picture(2)])
    measure = metric(name)

    together = measure.distances(pictures, target)
    alone = [measure.distances(p.unsqueeze(0), target).item() for p in pictures]

    assert together.tolist() == pytest.approx(alone, abs=1e-5)


def test_a_slight_compression_is_nearer_than_another_picture(name: str) -> None:
    target = a_picture(0)
    compressed = decode_picture(a_jpeg(target))

    near, far = metric(name).distances(torch.stack([compressed, a_picture(1)]), target)

    assert 0 <= near < far


def test_the_metric_reports_its_own_name(name: str) -> None:
    assert metric(name).name == name


def test_an_unknown_metric_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ProtocolError, match="blurred-pixels"):
        metric("lpips")


def test_blurred_pixels_of_two_flat_pictures_differ_by_their_colors_alone() -> None:
    black, gray = torch.zeros(3, 64, 64), torch.full((1, 3, 64, 64), 0.5)

    distance = metric("blurred-pixels").distances(gray, black).item()

    # 3 x 32 x 32 averages differ by .5; 2 x 3 x 32 x 31 edges not at all.
    n_pixels, n_edges = 3 * 32 * 32, 2 * 3 * 32 * 31
    assert distance == pytest.approx(0.5 * (n_pixels / (n_pixels + n_edges)) ** 0.5)


def test_blurred_pixels_overlook_a_pattern_finer_than_their_averages() -> None:
    target = a_picture(0)
    places = torch.arange(128)
    checkerboard = 0.2 * (1 - 2 * ((places.view(-1, 1) + places) % 2))

    distance = metric("blurred-pixels").distances(
        (target + checkerboard).unsqueeze(0), target
    )

    assert distance.item() == pytest.approx(0, abs=1e-6)


def test_structural_similarity_ignores_a_change_of_brightness_more_than_blur() -> None:
    target = 0.25 + 0.5 * torch.rand(
        3, 128, 128, generator=torch.Generator().manual_seed(0)
    )
    brighter = target + 0.05
    blurred = functional.avg_pool2d(target, 5, stride=1, padding=2)

    distances = metric("ms-ssim").distances(torch.stack([brighter, blurred]), target)

    assert distances[0] < 0.05 < distances[1]


def test_structural_similarity_refuses_pictures_smaller_than_its_window() -> None:
    tiny = torch.zeros(3, 8, 8)

    with pytest.raises(ProtocolError, match="11 pixels"):
        metric("ms-ssim").distances(tiny.unsqueeze(0), tiny)


def test_the_cosine_of_the_judge_is_that_of_its_image_features() -> None:
    target, other = a_picture(0), a_picture(1)
    judge = CLIPModel.from_pretrained(judge_path(), dtype=torch.float32).eval()
    with torch.no_grad():
        features = judge.get_image_features(
            pixel_values=torch.stack([target, other]) * 2 - 1
        ).pooler_output
    cosine = functional.cosine_similarity(features[0], features[1], dim=0).item()

    distance = metric("avatars-clip").distances(other.unsqueeze(0), target).item()

    assert distance == pytest.approx(1 - cosine, abs=1e-5)


def test_the_judge_takes_pictures_of_any_size() -> None:
    target, other = a_picture(0, size_px=64), a_picture(1, size_px=64)

    distance = metric("avatars-patch").distances(other.unsqueeze(0), target)

    assert distance.item() > 0


def test_gain_is_one_at_the_target_and_zero_at_the_start() -> None:
    assert gain(0.0, 0.4) == 1
    assert gain(0.4, 0.4) == 0
    assert gain(0.8, 0.4) == -1


@pytest.mark.parametrize("start_distance", [0.0, -1.0, float("nan")])
def test_there_is_no_gain_over_a_start_that_is_the_target(
    start_distance: float,
) -> None:
    with pytest.raises(ProtocolError, match="from its target"):
        gain(0.1, start_distance)
