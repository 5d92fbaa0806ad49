import numpy as np
from PIL import Image

from multibo.evaluation.contact_sheet import contact_sheet, overview_sheet
from multibo.evaluation.pictures import decode_picture, to_image
from tests.support.searches import a_session

CHOSEN = (21, 128, 61)


def contains(sheet: Image.Image, png: bytes) -> bool:
    """Whether the picture lies on the sheet pixel for pixel."""
    wanted = np.asarray(to_image(decode_picture(png)))
    pixels = np.asarray(sheet)
    side = wanted.shape[0]
    corners = np.argwhere((pixels == wanted[0, 0]).all(axis=-1))
    return any(
        np.array_equal(pixels[y : y + side, x : x + side], wanted) for y, x in corners
    )


def test_the_sheet_shows_every_slate() -> None:
    session = a_session()

    sheet = contact_sheet(session)

    for slate in session.pictures.slates:
        assert all(contains(sheet, png) for png in slate)


def test_the_sheet_frames_one_choice_per_round() -> None:
    sheet = contact_sheet(a_session([(0.2,), (0.4,)]))

    marked = (np.asarray(sheet) == CHOSEN).all(axis=-1)
    rows = marked.sum(axis=1) > 128

    # A frame has a full line above and one below its picture, each 4 px thick.
    assert rows.sum() == 2 * 2 * 4


def test_long_sessions_continue_in_a_second_column() -> None:
    short = contact_sheet(a_session([(0.1,)] * 10))
    long = contact_sheet(a_session([(0.1,)] * 12))

    assert long.height == short.height
    assert long.width > short.width


def test_the_overview_has_a_row_per_session() -> None:
    sessions = [a_session(seed=seed) for seed in (1, 2, 3)]

    sheet = overview_sheet(sessions)

    assert sheet.height > 3 * 128
    pictures = sessions[0].pictures
    assert contains(sheet, pictures.start)
    assert contains(sheet, pictures.final)
    assert contains(sheet, pictures.target)
