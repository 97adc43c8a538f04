"""Rules that hold for every picture."""

import pytest


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(monkeypatch):
    """No picture shows itself, or changes the settings of matplotlib."""
    matplotlib = pytest.importorskip("matplotlib")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    monkeypatch.setattr(pyplot, "show", lambda *a, **k: pytest.fail("a picture showed itself"))
    before = matplotlib.rcParams.copy()
    yield
    pyplot.close("all")
    assert matplotlib.rcParams == before
