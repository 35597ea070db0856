"""The report in headless Chromium, opened from disk: errors, requests, sliders, sorting, keys, and a phone's width."""

import io
import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from relmaps.catalogue.figures import FIGURES
from relmaps.space.grid import Grid
from tests.synthetic_report import write_synthetic_report
from tests.synthetic_results import MAPS, SyntheticStudy

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine; Debian: apt-get install chromium", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="pip install -r requirements-dev.txt")

GRID = Grid(
    (30, 36, 30), np.array([[6.0, 0, 0, -87], [0, 6, 0, -123], [0, 0, 6, -69], [0, 0, 0, 1]]), "MNI152NLin2009aSym"
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    x, y, z = GRID.coordinates()
    brain = (x / 70) ** 2 + ((y + 18) / 88) ** 2 + ((z - 8) / 66) ** 2 <= 1
    study = SyntheticStudy(folder, GRID, brain).write()
    write_synthetic_report(study, FIGURES, folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


@pytest.fixture
def page(browser, report):
    """The open report, whose viewer is ready; what the browser complained of and asked for is in `heard`."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.heard = []
    opened.on("console", lambda message: opened.heard.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: opened.heard.append(f"error: {error}"))
    opened.asked = []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.goto(report.as_uri())
    opened.wait_for_selector("#viewer-canvas[data-ready]", state="attached", timeout=60_000)
    yield opened
    opened.close()


def seen(page, selector):
    """What an element looks like: (height, width, 3) array of 0 to 255."""
    return np.asarray(Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")).astype(int)


def settle(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def slide(page, selector, value):
    page.locator(selector).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", value
    )
    settle(page)


def coloured(picture):
    """Number of pixels that are not grey: the map, and the cross-hair, whose share does not change."""
    return int((picture.max(axis=2) - picture.min(axis=2) > 40).sum())


def test_nothing_goes_wrong_and_nothing_leaves_the_machine(page, report):
    assert [line for line in page.heard if not line.startswith(("log", "info", "debug"))] == []
    assert {url.split(":")[0] for url in page.asked} <= {"file", "data", "blob"}
    assert [url for url in page.asked if url.startswith("file")] == [report.as_uri()]


def test_slices_show_template_map_and_contour(page):
    picture = seen(page, "#viewer-canvas")
    assert picture.std() > 20, "the canvas is blank"
    assert coloured(picture) > 2000
    page.select_option("#viewer-reference", "")
    settle(page)
    without = seen(page, "#viewer-canvas")
    changed = np.abs(picture - without).max(axis=2) > 60
    assert 50 < changed.sum() < 0.1 * changed.size, "the outline is a line"
    assert np.median(picture[changed].min(axis=1)) > 150, "which is white"


def test_threshold_opacity_and_sign_change_what_is_seen(page):
    page.select_option("#viewer-map", "vbm_t")
    slide(page, "#viewer-threshold", 0)
    whole = coloured(seen(page, "#viewer-canvas"))
    slide(page, "#viewer-threshold", 80)
    high = coloured(seen(page, "#viewer-canvas"))
    assert 0 < high < 0.5 * whole
    assert page.locator("#viewer-threshold-value").text_content().endswith(")")
    page.check('input[name="viewer-sign"][value="negative"]')
    settle(page)
    negative = seen(page, "#viewer-canvas")
    assert coloured(negative) < high
    page.check('input[name="viewer-sign"][value="positive"]')
    slide(page, "#viewer-opacity", 0)
    assert coloured(seen(page, "#viewer-canvas")) < 0.1 * whole


def place(page):
    return page.locator("#viewer-place").text_content()


def test_keys_move_the_cross_hair_through_all_planes(page):
    page.locator("#viewer-canvas").focus()
    before, picture = place(page), seen(page, "#viewer-canvas")
    assert before.startswith("x ")
    assert "value" in before
    for key in ("ArrowRight", "PageUp"):
        page.keyboard.press(key)
    settle(page)
    after = place(page)
    x, _, z = (int(part.split()[1].replace("−", "-")) for part in before.split(" mm")[0].split(", "))
    moved_x, _, moved_z = (int(part.split()[1].replace("−", "-")) for part in after.split(" mm")[0].split(", "))
    assert (moved_x - x, moved_z - z) == (3, 3)  # a voxel of 2 mm, from its edge to the centre of the next
    assert np.abs(picture - seen(page, "#viewer-canvas")).max() > 60
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert int(place(page).split()[1].rstrip(",").replace("−", "-")) == x - 3


def test_the_left_of_the_brain_is_on_the_left(page):
    """The first panel is the axial slice: a click beside its middle moves the cross-hair to that side."""
    page.locator("#viewer-canvas").scroll_into_view_if_needed()
    box = page.locator("#viewer-canvas").bounding_box()
    middle = box["x"] + box["width"] / 6, box["y"] + box["height"] / 2
    for side in (-1, 1):
        page.mouse.click(middle[0] + side * box["width"] / 15, middle[1])
        settle(page)
        x = int(place(page).split()[1].rstrip(",").replace("−", "-"))
        assert side * x > 10


def test_the_value_under_the_cross_hair_is_that_of_the_map(page, report):
    page.select_option("#viewer-map", "vbm_t")
    settle(page)
    content = json.loads(page.locator("#viewer-data").text_content())
    assert [layer["name"] for layer in content["maps"]] == MAPS
    image = SyntheticStudy(report.parent, GRID, np.ones(GRID.shape, bool)).path("relevance/vbm_t/group.nii.gz")
    loaded = nib.load(image)
    shown = place(page).replace("−", "-")
    x, y, z = (int(part.split()[1]) for part in shown.split(" mm")[0].split(", "))
    voxel = np.rint(np.linalg.inv(loaded.affine) @ [x, y, z, 1])[:3].astype(int)
    value = float(shown.split("value ")[1].split(",")[0])
    assert value == pytest.approx(loaded.get_fdata()[tuple(voxel)], abs=0.02 * np.abs(loaded.get_fdata()).max())


def test_a_map_is_shown_from_its_own_part(page):
    page.locator("#map-svm_pattern > summary").click()
    page.locator('#map-svm_pattern button[data-map="svm_pattern"]').click()
    assert page.locator("#viewer-map").input_value() == "svm_pattern"


def test_a_table_sorts_by_click_and_by_key(page):
    table = page.locator("#overlap table").first
    title = table.locator("th button", has_text="ROC AUC").first
    title.click()
    keys = table.locator("tbody tr td:nth-child(4)").evaluate_all(
        "cells => cells.map(cell => Number(cell.dataset.key))"
    )
    assert keys == sorted(keys)
    title.press("Enter")
    assert title.locator("..").get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_a_laptop_and_a_phone(page, width, report):
    page.set_viewport_size({"width": width, "height": 844})
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=report.parent / f"report-{width}.png", full_page=True)
    assert seen(page, "#viewer-canvas").std() > 20


def test_pictures_have_texts_and_controls_have_names(page):
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('input, select, button')].filter((control) => "
        "!control.labels?.length && !control.textContent.trim() && !control.ariaLabel).length"
    )
    assert unnamed == 0
