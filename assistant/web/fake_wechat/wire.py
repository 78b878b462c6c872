"""The body of a push and of a passive reply, in XML or JSON. Values are str, int, dicts and lists of dicts."""

import json
import re
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring as parse_strictly

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Malformed(Exception):
    """Neither XML of the expected form nor JSON."""


def to_xml(fields: dict[str, Any]) -> str:
    """As WeChat writes it: numbers bare, text in CDATA, a list repeats its element."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: dict[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>{_inner(value)}</{name}>"
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    text = _NOT_XML.sub("", str(value))
    held = escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"
    return f"<{name}>{held}</{name}>"


def to_json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False)


def read(body: str) -> dict[str, Any]:
    """XML or JSON as nested dicts; repeated elements as lists. Raises Malformed."""
    if body.lstrip().startswith("{"):
        try:
            found = json.loads(body)
        except ValueError as error:
            raise Malformed(f"no JSON: {error}") from error
        return dict(found)
    try:
        root = parse_strictly(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Malformed("a document type is not allowed") from error
    except ElementTree.ParseError as error:
        raise Malformed(f"no XML: {error}") from error
    if root.tag != "xml":
        raise Malformed(f"the root is <{root.tag}>, not <xml>")
    inside = _value(root)
    return inside if isinstance(inside, dict) else {}


def _value(element: ElementTree.Element) -> Any:
    if len(element) == 0:
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _value(child)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found
