"""Icons of the staff's pages: drawings of Tabler, fetched with the other front-end libraries, put into the page as they are."""

from functools import cache
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).parent / "static" / "vendor" / "icons"


@cache
def icon(name: str) -> Markup:
    """The drawing, hidden from screen readers: words stand beside it. Empty where the libraries were not fetched."""
    path = FOLDER / f"{name}.svg"
    if not path.exists():
        return Markup("")
    drawing = path.read_text(encoding="utf-8").replace("<svg", '<svg aria-hidden="true"', 1)
    return Markup(drawing)
