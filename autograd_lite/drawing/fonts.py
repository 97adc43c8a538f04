"""The bundled fonts: Graphviz draws with these alone, so a picture looks the same on every machine."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

FONTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fonts_data")
_VARIABLE = "FONTCONFIG_FILE"
_lock = threading.Lock()


@contextmanager
def bundled_fonts(folder: str) -> Iterator[None]:
    """Make processes that start meanwhile draw with the bundled fonts; `folder` is a temporary one."""
    import html  # these two are slow to import and seldom needed
    import shutil

    # Copies, because fontconfig writes a file of its own into every folder of fonts.
    shutil.copytree(FONTS, os.path.join(folder, "fonts"), copy_function=shutil.copyfile)
    path = os.path.join(folder, "fonts", "fonts.conf")
    with open(path, encoding="utf-8") as file:
        template = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(template.replace("{folder}", html.escape(folder)))
    with _lock:  # the environment belongs to all threads
        before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = path
        try:
            yield
        finally:
            del os.environ[_VARIABLE]
            if before is not None:
                os.environ[_VARIABLE] = before


def replace_missing_glyphs(text: str) -> str:
    """Replace each character that no bundled font can draw by its number: 🙂 becomes U+1F642."""
    return _missing_glyphs().sub(lambda found: f"U+{ord(found[0]):04X}", text)


@cache
def _missing_glyphs() -> re.Pattern[str]:
    """Pattern of the characters that no bundled font can draw; fonts_data/SOURCES.md describes the file."""
    with open(os.path.join(FONTS, "coverage.txt"), encoding="ascii") as file:
        ranges = (block.split("-") for block in file.read().split())
    drawn = "".join("-".join(f"\\U{code:0>8}" for code in ends) for ends in ranges)
    return re.compile(f"[^{drawn}]")
