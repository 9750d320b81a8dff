"""A logo, checked by its content: a picture of a known kind, and an SVG that neither runs nor loads anything."""

from __future__ import annotations

from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from statuspage.stylesheets import FORBIDDEN

LONGEST = 50 * 1024
_MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"RIFF": "webp", b"\xff\xd8\xff": "jpg"}
_HARMLESS_LINKS = ("#", "data:image/png", "data:image/jpeg")
_LIVELY = ("script", "foreignObject", "iframe", "set", "animate", "handler")


def check_logo(content: bytes) -> list[str]:
    """What is wrong with it, in words for who loads it; an empty list when it will do."""
    if len(content) > LONGEST:
        return [f"has {len(content) // 1024} KB; at most {LONGEST // 1024} KB may be loaded"]
    kind = logo_type_of(content)
    if kind is None:
        return ["is not an SVG, PNG, WebP or JPEG picture"]
    what = _danger_in(_read_svg(content)) if kind == "svg" else None
    return [f"holds {what}, which a picture does not need"] if what else []


def logo_type_of(content: bytes) -> str | None:
    """png, webp, jpg or svg, by the content; None for anything else."""
    for magic, kind in _MAGIC.items():
        if content.startswith(magic) and (kind != "webp" or content[8:12] == b"WEBP"):
            return kind
    return "svg" if _read_svg(content) is not None else None


def _read_svg(content: bytes) -> Any:
    """The picture's tree, entities left alone and nothing loaded; None when it is no SVG."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        tree = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return tree if etree.QName(tree).localname == "svg" else None


def _danger_in(tree: Any) -> str | None:
    """What could run or load something, in words."""
    if tree.getroottree().docinfo.doctype:
        return "a document type"
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        name = etree.QName(node).localname
        if name in _LIVELY:
            return f"<{name}>"
        for attribute, value in node.attrib.items():
            short = etree.QName(attribute).localname
            if short.startswith("on"):
                return f"the attribute {short}"
            if short in ("href", "src") and not value.strip().startswith(_HARMLESS_LINKS):
                return f"a link to {value[:40]}"
            plain = "".join(value.split()).replace("'", "").replace('"', "")
            if "url(" in plain.replace("url(#", ""):
                return f"a link in {short}"
        if name == "style" and FORBIDDEN.search(node.text or ""):
            return "a stylesheet that loads something"
    return None
