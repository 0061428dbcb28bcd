"""The pictures of the documentation: each is made by `make screenshots`, and shown with a description."""

import re
from pathlib import Path

from scripts.build_site import DOCS

ROOT = DOCS.parent
SOURCE = (ROOT / "scripts" / "screenshots.py").read_text("utf-8")
MAX_BYTES = 150_000


def test_each_picture_is_shown_and_described() -> None:
    """No picture is unused or large, and each has a text for readers who do not see it."""
    shown = set()
    for page in DOCS.rglob("*.md"):
        for text, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text("utf-8")):
            assert len(text) > 15, page
            shown.add((page.parent / target).resolve())
    images = set((DOCS / "images").iterdir())
    assert shown == images
    assert [path.name for path in images if path.stat().st_size > MAX_BYTES] == []


def test_each_picture_is_made_by_the_command() -> None:
    """The program names every picture, so that none is made by hand."""
    names = {Path(name).stem.partition("-")[0] for name in re.findall(r'IMAGES / f?"([^"]+)"', SOURCE)}
    assert {path.stem.partition("-")[0] for path in (DOCS / "images").iterdir()} == names
