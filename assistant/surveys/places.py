"""A survey that waits at a place: the signed token in a code on a receipt or a counter, and the code as a picture."""

from dataclasses import dataclass
from io import BytesIO

import segno
from itsdangerous import BadSignature, URLSafeSerializer


@dataclass(frozen=True)
class Place:
    """Which survey, at which store (empty: at none), by which rule's wording (empty: the survey's own)."""

    survey_id: str
    store_id: str = ""
    rule_id: str = ""


class Places:
    """Signs and reads tokens. They do not expire: what is printed stays printed."""

    def __init__(self, key: str) -> None:
        self._serializer = URLSafeSerializer(key, salt="survey-at")

    def token(self, place: Place) -> str:
        return str(self._serializer.dumps([place.survey_id, place.store_id, place.rule_id]))

    def read(self, token: str) -> Place | None:
        """The place of a token, None where it is none of ours."""
        try:
            found = self._serializer.loads(token)
        except BadSignature:
            return None
        fits = isinstance(found, list) and len(found) == 3 and all(isinstance(part, str) for part in found)
        return Place(*found) if fits else None


def picture(address: str, kind: str) -> bytes:
    """The code as `svg` or `png`, printable: a quarter of it may be dirty."""
    out = BytesIO()
    segno.make(address, error="q", micro=False).save(out, kind=kind, scale=8, border=4)
    return out.getvalue()
