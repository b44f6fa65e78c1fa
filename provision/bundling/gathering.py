"""What a host does for a bundle: it resolves, downloads, checks, and passes on what came of that; images first."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from provision.bundling import images
from provision.engines import Engine
from provision.references import Reference
from provision.resources.baserepos import KEY_PATH
from provision.resources.yum import LIBRARY, Repository
from provision.script import COMMON, PREAMBLE, owner, quote

GATHER = r"""
# REPO CA KEY HELD VERSION ARCHIVE BASE-KEY PACKAGES...: in each word the packages of one engine, and all that they
# need; each is checked, then passed on. BASE-KEY is a file of the host, ARCHIVE repositories' one in base64, or empty.
gather() {
  lay_repository "$1" "$2"
  lay "$look/key" "$3"
  held=$4 version=$5
  if [ -n "$6" ]; then lay "$look/repos/centos-vault.repo" "$6"; fi
  cp "$7" "$look/base-key" ||
    fail "can't read $7, by which CentOS's packages are checked: \`yum reinstall centos-release\`"
  shift 7
  frame step 'it resolves and downloads'
  root=$look/root
  mkdir "$root" "$look/packages" || fail "can't write under /var/tmp"
  look_around
  load_ours
  look_offer
  for packages; do
    # a word for each
    # shellcheck disable=SC2086
    yum_aside --setopt=obsoletes=0 --downloadonly install $packages >"$look/transaction" 2>&1 ||
      { cat "$look/transaction"; fail "yum $yum_status"; }
  done
  find "$look/root" "$look/cache" -name '*.rpm' -exec mv -t "$look/packages" '{}' + 2>/dev/null
  every=$*
  for package in $every; do
    ls "$look/packages/$package".*.rpm >/dev/null 2>&1 || fail "yum says that it is done, but $package isn't there"
  done
  trust_alone "$look/key" "$look/rpm"
  trust_alone "$look/base-key" "$look/base-rpm"
  pass_on key "$look/base-key"
  for file in "$look"/packages/*.rpm; do
    name=$(basename "$file")
    package=${name%.*.rpm}
    if signed "$file" "$look/rpm"; then
      pass_on docker-ce-stable "$file"
    elif signed "$file" "$look/base-rpm"; then
      pass_on docker-provision-dependencies "$file"
    else
      case " $every " in *" $package "*) fail "signature $name" ;; *) fail "dependency $name" ;; esac
    fi
  done
}
# KIND FILE
pass_on() {
  frame begin "$1 $(basename "$2")"
  base64 -w 4096 "$2"
  read_well=$?
  frame end "$1 $(basename "$2") $read_well"
}
# whoever watches has to hear something, and yum downloads without a word
gather_aloud() {
  (while sleep 1; do printf . >&2; done) </dev/null >/dev/null &
  beat=$!
  (gather "$@")
  status=$?
  kill "$beat" 2>/dev/null
  return "$status"
}
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be bundled: engines, from this repository of this mirror, and images, through this host.

    `base_key` is the fingerprint of the key that signs CentOS's packages, `archive` a file of repositories that stand
    in for CentOS's own; empty where these are alive.
    """

    host: str
    engines: tuple[Engine, ...]
    mirror: str
    repository: Repository
    base_key: str
    archive: bytes = b""
    images: tuple[Reference, ...] = ()


def gather_script(order: Order, word: str) -> str:
    """The script that resolves, downloads, checks, and passes on."""
    words = (
        *(
            *order.repository.laid(),
            *order.repository.trusted(),
            order.engines[0].package.removeprefix("docker-ce-"),
        ),
        *(
            base64.b64encode(order.archive).decode(),
            KEY_PATH,
            *(" ".join(engine.packages) for engine in order.engines),
        ),
    )
    return (
        PREAMBLE.format(title="docker-provision: bundle", nonce=word)
        + COMMON
        + LIBRARY
        + GATHER
        + images.script_text(order.images, owner())
        + f"main() {{\n{'images' if order.images else ':'} && gather_aloud {' '.join(map(quote, words))} &&\n"
        + "  frame 'done' bundle\n}\nmain </dev/null\n"
    )
