"""The metric dictionary in docs is the one that the catalogue gives."""

from assistant.chatbi.catalogue import catalogue
from assistant.chatbi.dictionary import markdown
from assistant.config import PACKAGE_ROOT


def test_the_dictionary_is_up_to_date() -> None:
    written = (PACKAGE_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")

    assert written == markdown(catalogue()), "run: zhike metrics --markdown > docs/metrics.md"
