"""The notebook in examples/ runs, and shows its graphs even where no kernel does."""

from pathlib import Path

import pytest

import pages

NOTEBOOK = Path(__file__).resolve().parent.parent / "examples" / "glass_box.ipynb"
SECONDS = 100

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")  # of the notebook tools


@pytest.fixture(scope="module")
def executed():
    """The notebook with its outputs."""
    nbformat = pytest.importorskip("nbformat", reason="NOT TESTED: notebooks. pip install nbclient")
    nbclient = pytest.importorskip("nbclient", reason="NOT TESTED: notebooks. pip install nbclient")
    pytest.importorskip("ipykernel", reason="NOT TESTED: notebooks. pip install ipykernel")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=SECONDS, kernel_name="python3").execute()
    return notebook


def outputs(notebook) -> list:
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def test_it_is_kept_without_outputs():
    nbformat = pytest.importorskip("nbformat", reason="NOT TESTED: notebooks. pip install nbclient")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not outputs(notebook)
    assert all(cell.get("execution_count") is None for cell in notebook.cells)


def test_it_runs_and_shows_graphs(executed):
    found = outputs(executed)
    assert all(output.output_type != "error" for output in found)
    shown = [output.data["text/html"] for output in found if "text/html" in output.get("data", {})]
    assert sum("<holograd-explanation" in html for html in shown) == 3
    assert any("image/svg+xml" in output.get("data", {}) for output in found)
    printed = "".join(output.get("text", "") for output in found)
    assert "∂F/∂w = ∂F/∂v₁ · ∂v₁/∂w" in printed and "0.002517" in printed
    assert "xor.html" in printed


def test_its_export_shows_the_graphs_without_a_kernel(executed, tmp_path):
    nbconvert = pytest.importorskip(
        "nbconvert", reason="NOT TESTED: exported notebooks. pip install nbconvert"
    )
    # The addresses of scripts for formulas and widgets, which the export would load from afar.
    exporter = nbconvert.HTMLExporter(mathjax_url="", require_js_url="")
    html, _ = exporter.from_notebook_node(executed)
    path = tmp_path / "glass_box.html"
    path.write_text(html, encoding="utf-8")
    with pages.browser() as browser, pages.page(browser, path, width=1100) as page:
        elements = page.locator("holograd-explanation")
        elements.nth(2).locator(".sheet").wait_for()
        for element, gates in zip(elements.all(), (2, 4, 7), strict=True):
            shown = element.locator(".frame .gate")
            assert shown.count() == gates
            box = shown.first.bounding_box()
            assert box is not None and box["width"] > 30 and box["height"] > 60
        last = elements.nth(2)
        last.locator(".frame").focus()
        pages.press(page, "p")
        assert last.locator(".counter b").inner_text() == "13"
        picture = page.locator('img[src^="data:image/svg+xml"]').bounding_box()
        assert picture is not None and picture["width"] > 500
