"""The documentation site: it builds without a warning, and has every public name and every operation."""

import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import reference

import autograd_lite as ag

TUTORIALS = Path(__file__).parent.parent / "tutorials"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", TUTORIALS, folder]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


@pytest.mark.long
def test_every_public_name_is_documented(site):
    *_, packed = (site / "objects.inv").read_bytes().split(b"\n", 4)
    entries = [line.split(" ") for line in zlib.decompress(packed).decode().splitlines()]
    found = {name for name, kind, *_ in entries if kind.startswith("py:")}
    modules = {module.__name__ for module in reference.MODULES} - {"autograd_lite"}
    assert {*reference.PUBLIC, *modules} - found == set()


@pytest.mark.long
def test_every_operation_has_an_entry_with_its_rules(site):
    page = (site / "operations.html").read_text(encoding="utf-8")
    builtin = {name for name, op in ag.OPS.items() if op.__module__.startswith("autograd_lite.ops")}
    assert set(re.findall(r'id="op-([\w-]+)"', page)) == {name.replace("_", "-") for name in builtin}
    assert page.count("<summary>Source</summary>") == len(builtin)


@pytest.mark.long
def test_pages_need_no_network_and_set_formulas(site):
    for path in site.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="(?:https?:)?//', page) == []
    assert (site / "01_a_neuron.html").read_text(encoding="utf-8").count("<math") > 20


def test_domains_and_kinks_in_words():
    told = {name: reference.domain_in_words(ag.OPS[name], ag.OPS[name].arguments[0]) for name in ag.OPS}
    assert told["relu"] == told["abs"] == "real, with a kink at 0, where the rule gives 0"
    assert told["leaky_relu"] == "real, with a kink at 0, where the rule gives 0.01"
    assert told["sign"] == "real, with a jump at 0, where the rule gives 0"
    assert told["tanh"] == told["softmax"] == "real"
    assert told["sqrt"] == "positive"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("`x`s of |z| * w_\n\n>>> f(|z|)\n`y`", "``x``\\ s of \\|z\\| \\* w\\_\n\n>>> f(|z|)\n`y`"),
        ("As `Newton`, by `ag.fit()`.", "As :py:obj:`Newton <autograd_lite.optim.Newton>`, by "),
        ("So:\n\n    a * b\n", "So:\n\n::\n\n    a * b\n"),
    ],
)
def test_docstrings_are_plain_text_with_code(text, rest):
    assert reference.as_rest(text).startswith(rest)
