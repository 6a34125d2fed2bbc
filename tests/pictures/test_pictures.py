import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from cellocate.pictures import Picture, composite, data_uri, draw_picture, grey, save_figure_as, stretched


def ramp(low, high):
    return np.linspace(low, high, 3, dtype=np.float32)[None]


@pytest.mark.parametrize(
    ("name", "brightest"),
    [("red", [255, 0, 0]), ("green", [0, 255, 0]), ("blue", [0, 0, 255]), ("yellow", [102, 102, 0])],
)
def test_each_channel_has_its_colour(name, brightest):
    pixels = composite(ramp(0, 1)[None], (name,))
    assert pixels.dtype == np.uint8
    assert pixels.shape == (1, 3, 3)
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[0, 2].tolist() == brightest


def test_channels_add_up_and_are_cut_at_full_brightness():
    names = ("yellow", "red", "blue", "green")
    dark, _, bright = composite(np.stack([ramp(0, 1)] * 4), names)[0]
    assert dark.tolist() == [0, 0, 0]
    assert bright.tolist() == [255, 255, 255]


def test_order_of_channels_is_that_of_their_names():
    channels = np.stack([ramp(0, 1), ramp(1, 0)])
    assert composite(channels, ("red", "blue"))[0, [0, 2]].tolist() == [[0, 0, 255], [255, 0, 0]]
    assert (composite(channels, ("red", "blue")) == composite(channels[::-1], ("blue", "red"))).all()


def test_a_faint_channel_is_stretched_but_noise_is_not():
    faint, noise = ramp(0.1, 0.2)[None], ramp(0.1, 0.102)[None]
    assert stretched(faint)[0, 0].tolist() == pytest.approx([0, 0.5, 1], abs=0.01)
    assert stretched(noise).max() < 0.15
    assert stretched(np.zeros((1, 4, 4))).tolist() == np.zeros((1, 4, 4)).tolist()


def test_the_channels_given_are_not_changed():
    channels = ramp(0.2, 0.4)[None]
    before = channels.copy()
    composite(channels, ("green",))
    assert (channels == before).all()


@pytest.mark.parametrize(("span", "bar"), [(163.84, 20), (400, 100), (33, 5), (3.4, 1), (2, None), (None, None)])
def test_scale_bar_is_round_and_within_a_third(span, bar):
    picture = Picture("a", np.zeros((1, 4, 4), np.float32), ("green",), span, assumed=False)
    found = picture.scale_bar()
    assert (found and found[0]) == bar
    assert found is None or found[1] == pytest.approx(bar / span)


def test_data_uri_holds_the_picture():
    pixels = np.full((16, 20, 3), (250, 10, 10), np.uint8)
    head, content = data_uri(pixels).split(",")
    assert head == "data:image/jpeg;base64"
    decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
    assert decoded.shape == pixels.shape
    assert np.abs(decoded.astype(int) - pixels).max() < 8


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_figure_is_written_to_the_same_bytes(tmp_path, monkeypatch, suffix):
    figure = Figure()
    figure.add_subplot().plot([1, 2])
    written = []
    for time in ("1", "2000000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", time)  # which matplotlib takes for now
        save_figure_as(figure, tmp_path / f"a.{suffix}")
        written.append((tmp_path / f"a.{suffix}").read_bytes())
    assert written[0] == written[1]


def test_an_empty_channel_is_not_drawn_as_bright_noise():
    noise = np.random.default_rng(0).integers(0, 2, (1, 32, 32)).astype(np.float32) / 255
    axes = Figure().add_subplot()
    draw_picture(axes, Picture("a", noise, ("red",), None, assumed=False), pixels=grey(stretched(noise)[0]))
    assert axes.images[0].get_clim() == (0, 255)


def test_a_scale_bar_has_a_dark_backing():
    axes = Figure().add_subplot()
    draw_picture(axes, Picture("a", np.ones((1, 32, 32), np.float32), ("red",), 100.0, assumed=False))
    (bar,), (text,) = axes.lines, axes.texts
    axes.figure.draw_without_rendering()
    backing, over = text.get_bbox_patch().get_window_extent(), bar.get_window_extent()
    assert backing.y0 < over.y0 < backing.y1
    assert bar.get_zorder() > text.get_zorder()
