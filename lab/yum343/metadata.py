"""A repository's metadata files: repomd.xml and primary.xml."""

import gzip
from pathlib import Path
from xml.etree import ElementTree as ET

from .output import Error
from .packages import Dep, Evr, Package

SENSES = {"EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
NAMESPACES = {
    "": "http://linux.duke.edu/metadata/common",
    "rpm": "http://linux.duke.edu/metadata/rpm",
    "repo": "http://linux.duke.edu/metadata/repo",
}


def primary(repomd: Path) -> tuple[str, tuple[str, str]]:
    """Location and checksum (kind, hex digits) of primary.xml. Raises Error if the file is no repomd.xml."""
    try:
        data = _one(ET.parse(repomd).getroot(), "repo:data[@type='primary']")  # noqa: S314 - our own mirror's
    except ET.ParseError as error:
        raise Error(f"Error importing repomd.xml: Damaged repomd.xml file ({error})") from None
    checksum = _one(data, "repo:checksum")
    return _one(data, "repo:location").attrib["href"], (checksum.attrib["type"], checksum.text or "")


def packages(path: Path, repo: str) -> list[Package]:
    """The packages that a primary.xml.gz lists."""
    root = ET.fromstring(gzip.decompress(path.read_bytes()))  # noqa: S314 - our own mirror's
    return [_package(element, repo) for element in root.iterfind("package", NAMESPACES)]


def _package(element: ET.Element, repo: str) -> Package:
    details = _one(element, "format")
    version, size = (_one(element, tag).attrib for tag in ("version", "size"))
    checksum = _one(element, "checksum")
    return Package(
        name=_text(element, "name"),
        arch=_text(element, "arch"),
        evr=Evr(version["epoch"], version["ver"], version["rel"]),
        provides=_deps(details, "provides"),
        requires=_deps(details, "requires"),
        obsoletes=_deps(details, "obsoletes"),
        conflicts=_deps(details, "conflicts"),
        files=frozenset(file.text or "" for file in details.iterfind("file", NAMESPACES)),
        about={
            "Summary": _text(element, "summary"),
            "URL": _text(element, "url"),
            "License": _text(details, "rpm:license"),
            "Description": _text(element, "description"),
        },
        installed_size=int(size["installed"]),
        origin=repo,
        size=int(size["package"]),
        location=_one(element, "location").attrib["href"],
        checksum=(checksum.attrib["type"], checksum.text or ""),
    )


def _deps(details: ET.Element, kind: str) -> tuple[Dep, ...]:
    return tuple(
        Dep(
            entry.attrib["name"],
            SENSES.get(entry.get("flags", ""), ""),
            Evr(entry.get("epoch", "0"), entry.get("ver", ""), entry.get("rel", "")),
        )
        for entry in details.iterfind(f"rpm:{kind}/rpm:entry", NAMESPACES)
    )


def _one(element: ET.Element, path: str) -> ET.Element:
    found = element.find(path, NAMESPACES)
    if found is None:
        raise Error(f"Error: damaged metadata: no {path}")
    return found


def _text(element: ET.Element, path: str) -> str:
    return element.findtext(path, "", NAMESPACES)
