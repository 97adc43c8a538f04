"""The page that walks through the source: its quotes are true, and no room is missing."""

import re

import pytest

from tests.test_house import MODULES, PACKAGE, ROOMS, room_of
from tests.test_tutorials import TUTORIALS, read

TEXT = read("how_it_works")
LINK = re.compile(r"\]\(([^)#:\s]+)\)")


def quotes(text):
    """Each quote of the source, with the file that was linked last before it."""
    found = []
    for block in re.finditer(r"^```py\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        files = [link for link in LINK.findall(text[: block.start()]) if "/autograd_lite/" in link]
        found.append((files[-1], block[1]))
    return found


def misquoted(quote, source):
    """The first part of a quote, between lines of `...`, that the source does not have after the last."""
    source, place = f"\n{source}", 0
    for part in re.split(r"^ *\.\.\.\n", quote, flags=re.MULTILINE):
        if (place := source.find(f"\n{part}", place)) < 0:
            return part
        place += len(part)
    return None


@pytest.mark.parametrize(("file", "quote"), quotes(TEXT))
def test_quotes_stand_in_the_source(file, quote):
    assert misquoted(quote, (TUTORIALS / file).read_text(encoding="utf-8")) is None


def test_a_misquotation_is_found():
    source = "def f(x):\n    y = x\n    z = y\n    return z\n"
    assert misquoted("def f(x):\n    ...\n    return z\n", source) is None
    assert misquoted("    return z\n    ...\n    y = x\n", source) == "    y = x\n"
    assert misquoted("def f(x):\n    z = y\n", source) == "def f(x):\n    z = y\n"
    assert misquoted("y = x\n", source) == "y = x\n"


def lines_of(rooms):
    """The lines of Python of some rooms, as `wc -l` counts."""
    return sum(path.read_bytes().count(b"\n") for path in MODULES if room_of(path) in rooms)


def test_the_sizes_are_true():
    engine = ["protocol", "checks", "tensor", "calling", "operation"]
    around = ["modes", "domains", "guesses", "errors", "autodiff"]
    said = re.search(r"has ([\d ]+) lines;\s+.*,\s+([\d ]+);\s+the operations, ([\d ]+)\.", TEXT)
    assert said, "the sentence about sizes has changed; change the pattern too"
    sizes = [int(number.replace(" ", "")) for number in said.groups()]
    assert sizes == [lines_of(engine), lines_of(around), lines_of(["ops"])]


def test_no_room_is_left_out():
    rooms = [room for room in ROOMS if (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file()]
    linked = [link.removeprefix("../autograd_lite/") for link in LINK.findall(TEXT)]
    left_out = [room for room in rooms if not any(re.match(rf"{room}(/|\.py$)", link) for link in linked)]
    assert left_out == []
