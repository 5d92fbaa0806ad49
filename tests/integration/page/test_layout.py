"""The slate is large and whole on every screen and for every K."""

import pytest

from tests.support.chromium import Page

pytestmark = pytest.mark.browser

BOXES = """
return Array.from(document.querySelectorAll('#slate .picture'), (picture) => {
  const box = picture.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom].map(Math.round);
})
"""
OVERFLOW = "return document.documentElement.scrollWidth - window.innerWidth"


@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_any_slate_size_fits_a_laptop_and_a_phone(page: Page, k: int) -> None:
    page.start("a face", slate_size=k)
    page.slate(k)

    for width, height, smallest in ((1280, 800, 200), (390, 844, 136)):
        page.resize(width, height)
        page.until(lambda w=width: page.chrome.execute_script(OVERFLOW) <= 0)
        boxes = page.chrome.execute_script(BOXES)
        sides = {right - left for left, _, right, _ in boxes}
        assert max(sides) - min(sides) <= 1
        assert min(sides) >= smallest
        assert all(left >= 0 and right <= width for left, _, right, _ in boxes)
    page.resize(1280, 800)
    assert all(bottom <= 800 for *_, bottom in page.chrome.execute_script(BOXES))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_four_pictures_are_two_by_two_and_all_visible(
    page: Page, width: int, height: int
) -> None:
    page.start("a face")
    page.slate()

    page.resize(width, height)

    page.until(lambda: page.chrome.execute_script(OVERFLOW) <= 0)
    boxes = page.chrome.execute_script(BOXES)
    assert len({left for left, *_ in boxes}) == 2
    assert len({top for _, top, *_ in boxes}) == 2
    assert max(bottom for *_, bottom in boxes) <= height


def test_everything_can_be_reached_by_keyboard(page: Page) -> None:
    page.start("a face")
    page.slate()
    page.one("#question").click()
    active = "return document.activeElement.dataset.slot ?? document.activeElement.id"
    seen = []

    for _ in range(8):
        page.one("body").send_keys("\ue004")
        seen.append(page.chrome.execute_script(active))

    assert [stop for stop in seen if stop][:4] == ["0", "1", "2", "3"]
    assert "leave" in seen
