"""How yum is called, and how a repository is looked at before anything on the host is written.

Fact relied on (yum 3.4.3, run): `yum list` never refreshes what is cached, an empty cache folder has nothing old.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from provision.resources.base import quote
from provision.resources.yum_bounds import BOUNDS

LIBRARY = (
    BOUNDS
    + r"""
look=
# REPO KEY VERSION NVR...: the transaction as it would be, out of a folder of its own: what the repository offers,
# whether all that it needs is there, every package downloaded and the engine's signed by the pinned key. The
# folder stays until the end of the script: the transaction then takes the packages from it.
look_packages() {
  open_look
  printf %s "$1" | base64 -d >"$look/repos/docker-ce.repo"
  printf %s "$2" | base64 -d >"$look/key"
  version=$3; shift 3
  look_clock
  copy_repositories "$look/repos"
  ask_around "$look/repos"
  yum_aside --disablerepo='*' --enablerepo=docker-ce-stable makecache || fail "yum $?"
  yum_aside --disablerepo='*' --enablerepo=docker-ce-stable list docker-ce --showduplicates >"$look/offers" 2>&1
  if ! grep -qF " $version " "$look/offers" && ! grep -qF ":$version " "$look/offers"; then
    cat "$look/offers"
    fail "missing $version"
  fi
  yum_aside --setopt=obsoletes=0 --downloadonly install "$@" || fail "yum $?"
  look_signatures
}
# A clock that is off by days finds no certificate valid. So the mirror is asked for the time without looking at its
# own: what it says decides nothing but this. A mirror that doesn't say it is yum's to judge.
look_clock() {
  url=$(sed -n 's/^baseurl=\([^$]*\).*/\1/p' "$look/repos/docker-ce.repo")
  said=$(curl -skI --connect-timeout 5 --max-time 10 "$url" | tr -d '\r' | sed -n 's/^[Dd]ate: *//p')
  if [ -z "$said" ]; then return 0; fi
  ahead=$(($(date +%s) - $(date -d "$said" +%s)))
  if [ "${ahead#-}" -ge 86400 ]; then fail "clock $ahead"; fi
}
open_look() {
  if [ -n "$look" ]; then return 0; fi
  look=$(mktemp -d /var/tmp/docker-provision.XXXXXX) || fail "can't write under /var/tmp"
  trap 'rm -rf "$look"' EXIT
  mkdir "$look/repos" || fail "can't write under /var/tmp"
}
# yum apart from the host's own files: nothing is written but below $look. Signatures are checked by ourselves,
# against the pinned key alone: yum would import keys for it.
yum_aside() {
  yum_bounded --noplugins --nogpgcheck --setopt=reposdir="$look/repos" --setopt=cachedir="$look/cache" \
    --setopt=persistdir="$look/persist" --setopt=logfile="$look/log" "$@"
}
# REPO: what it offers, in yum's own words
list_offers() {
  open_look
  printf %s "$1" | base64 -d >"$look/repos/docker-ce.repo"
  yum_aside makecache >"$look/makecache" 2>&1 || { cat "$look/makecache"; fail "yum $yum_status"; }
  yum_aside list docker-ce --showduplicates
}
# after our section changed: yum itself doesn't see a change within the second of its last look (yum 3.4.3, run)
refresh_metadata() {
  yum_bounded -q --disablerepo='*' --enablerepo=docker-ce-stable clean expire-cache || fail "yum $?"
  yum_bounded -q --disablerepo='*' --enablerepo=docker-ce-stable makecache || fail "yum $?"
}
# rpm's own check against a database that holds the pinned key alone
look_signatures() {
  mkdir "$look/rpm" && rpm --dbpath "$look/rpm" --initdb && rpm --dbpath "$look/rpm" --import "$look/key" ||
    fail "rpm can't import the key"
  find "$look/cache" -name '*.rpm' -path '*docker-ce-stable*' >"$look/found"
  [ -s "$look/found" ] || fail "yum downloaded no package of docker-ce-stable"
  while read -r file; do
    # an unsigned package is "OK" by its digests: it must say that a signature is
    rpm --dbpath "$look/rpm" -K "$file" >"$look/check" 2>&1 && grep -qE 'pgp|signatures' "$look/check" ||
      fail "signature $(basename "$file")"
  done <"$look/found"
}
"""
)


AWAIT = "await_yum"
"""What comes before a change that yum follows: its lock must be free, or nothing is begun."""

REFRESH = "refresh_metadata"
"""What follows from a change of the repository's file."""

FORGET = "rm -rf /var/cache/yum/*/7/docker-ce-stable"
"""What follows from its removal: `yum clean` no longer knows the repository."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository file and the key that it trusts, as they will lie on the host."""

    text: bytes
    key: bytes
    hold: tuple[str, ...]

    def look(self, packages: tuple[str, ...]) -> str:
        """Shell text that refuses unless `packages` (name-version-release, the engine first) can be installed."""
        version = packages[0].removeprefix("docker-ce-")
        words = (_encoded(self._aside()), _encoded(self.key), version, *packages)
        return " ".join(["look_packages", *map(quote, words)])

    def offers(self) -> str:
        """Shell text that lists what the repository offers, and leaves the host as it was."""
        return f"list_offers {quote(_encoded(self._aside()))}"

    def _aside(self) -> bytes:
        """The same repository without its hold, which would hide what is looked for."""
        return b"\n".join(line for line in self.text.split(b"\n") if not line.startswith(b"exclude="))


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
