"""The fonts of a drawing: those that ship with it, and the system's for letters which those lack."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

FONTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fonts_data")
_FACES = tuple(os.path.join(FONTS, f"Inter-{style}.otf") for style in ("Regular", "Bold", "Italic"))
_FALLBACKS = tuple(os.path.join(FONTS, name) for name in ("DejaVuSans.ttf", "DroidSansFallback.ttf"))
_FAMILIES = ("Inter", "DejaVu Sans", "Droid Sans Fallback")
FOLDERS = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts"),
    *("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    *("C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts"),
)
_COLOURED = {b"CBDT", b"COLR", b"sbix", b"SVG "}  # pictures instead of outlines: drawn as nothing, or wrong

# cv05 gives l a tail, or it looks like I; calt would turn the "4x8" and "->" of a name into × and →.
# The last two rules make a bold and an italic face of a font that has none.
_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <cachedir>{folder}/cache</cachedir>
  <match target="pattern">
    <edit name="family" mode="assign" binding="strong">{families}</edit>
    <edit name="fontfeatures" mode="append"><string>cv05=1</string><string>calt=0</string></edit>
  </match>
  <match target="font">
    <test name="weight" compare="less_eq"><const>medium</const></test>
    <test target="pattern" name="weight" compare="more_eq"><const>bold</const></test>
    <edit name="embolden" mode="assign"><bool>true</bool></edit>
  </match>
  <match target="font">
    <test name="slant"><const>roman</const></test>
    <test target="pattern" name="slant" compare="not_eq"><const>roman</const></test>
    <edit name="matrix" mode="assign">
      <times>
        <name>matrix</name>
        <matrix><double>1</double><double>0.2</double><double>0</double><double>1</double></matrix>
      </times>
    </edit>
  </match>
</fontconfig>
"""


def ours(text: str) -> tuple[list[str], set[str]]:
    """The files of ours that the text is drawn with, and the characters that none of them has."""
    fonts = list(_FACES)
    lacking = {c for c in text if not c.isascii() and not _draws(_FACES[0], c)}
    for font in _FALLBACKS:
        found = {c for c in lacking if _draws(font, c)}
        fonts += [font] if found else []
        lacking -= found
    return fonts, lacking


def legible(text: str) -> tuple[str, list[str]]:
    """The text with U+1F642 for a character that no font here has, and the files to draw it with."""
    fonts, lacking = ours(text)
    others = {c: _of_the_system(c, FOLDERS) for c in sorted(lacking)}
    fonts += dict.fromkeys(font for font in others.values() if font)
    return text.translate({ord(c): f"U+{ord(c):04X}" for c, font in others.items() if not font}), fonts


def environment(fonts: Iterable[str], folder: str) -> dict[str, str]:
    """Variables under which Graphviz draws with these fonts, the same everywhere; writes into `folder`."""
    import shutil  # slow to import, and `import autograd_lite` needs it not

    os.mkdir(os.path.join(folder, "fonts"))
    for i, font in enumerate(fonts):  # copies: fontconfig marks a folder of fonts with a file of its own
        shutil.copyfile(font, os.path.join(folder, "fonts", f"{i}{os.path.splitext(font)[1]}"))
    families = "".join(f"<string>{family}</string>" for family in _FAMILIES)
    path = os.path.join(folder, "fonts.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(_CONFIGURATION.format(folder=_escaped(folder), families=families))
    told = {name: value for name, value in os.environ.items() if not name.startswith("FONTCONFIG_")}
    return told | {"FONTCONFIG_FILE": path}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@lru_cache(maxsize=1024)
def _of_the_system(character: str, folders: tuple[str, ...]) -> str | None:
    """The first font of the system, by the alphabet, that has the character."""
    return next((font for font in _files(folders) if _draws(font, character)), None)


def _files(folders: tuple[str, ...]) -> Iterator[str]:
    for folder in folders:
        for place, inner, names in os.walk(os.path.expanduser(folder)):
            inner.sort()
            for name in sorted(names):
                if name.lower().endswith((".ttf", ".otf", ".ttc")):
                    yield os.path.join(place, name)


def _draws(font: str, character: str) -> bool:
    """Whether the font file has a glyph for the character; a broken file has none."""
    try:
        table = _kept(font) if font.startswith(FONTS) else _characters(font)
        return any(_glyph(table, at, ord(character)) for at in _maps(table))
    except (OSError, ValueError, KeyError, struct.error):
        return False


def _characters(font: str) -> bytes:
    """The `cmap` table of a TrueType or OpenType file, the one that leads from characters to glyphs.

    https://learn.microsoft.com/typography/opentype/spec/cmap
    """
    with open(font, "rb") as file:
        head = file.read(16)
        file.seek(int.from_bytes(head[12:16]) if head.startswith(b"ttcf") else 0)  # the first of a collection
        (count,) = struct.unpack(">4xH6x", file.read(12))
        entries = struct.iter_unpack(">4s4xII", file.read(16 * count))
        tables = {tag: (offset, length) for tag, offset, length in entries}
        if _COLOURED & tables.keys() or max(map(sum, tables.values())) > os.fstat(file.fileno()).st_size:
            raise KeyError(font)
        offset, length = tables[b"cmap"]
        file.seek(offset)
        return file.read(length)


_kept = cache(_characters)


def _maps(table: bytes) -> Iterator[int]:
    """Where the maps from Unicode begin."""
    (count,) = struct.unpack_from(">H", table, 2)
    for platform, encoding, at in struct.iter_unpack(">HHI", table[4 : 4 + 8 * count]):
        if platform == 0 or (platform == 3 and encoding in {1, 10}):
            yield at


def _glyph(table: bytes, at: int, code: int) -> int:
    """The number of the glyph that a map of format 4 or 12 has for a character; 0 where it has none."""
    (kind,) = struct.unpack_from(">H", table, at)
    if kind == 12:
        (count,) = struct.unpack_from(">I", table, at + 12)
        groups = struct.iter_unpack(">III", table[at + 16 : at + 16 + 12 * count])
        return next((glyph + code - first for first, last, glyph in groups if first <= code <= last), 0)
    if kind != 4:
        return 0
    (twice,) = struct.unpack_from(">H", table, at + 6)  # the number of segments
    last, first, delta, offset = (
        struct.unpack_from(f">{twice // 2}H", table, at + 14 + i * twice + 2 * (i > 0)) for i in range(4)
    )
    i = next((i for i, end in enumerate(last) if code <= end), None)
    if i is None or code < first[i]:
        return 0
    if not offset[i]:
        return int(code + delta[i]) % 65536
    place = at + 16 + 3 * twice + 2 * i + offset[i] + 2 * (code - first[i])
    glyph = int.from_bytes(table[place : place + 2])
    return (glyph + delta[i]) % 65536 if glyph else 0
