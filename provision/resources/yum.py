"""How yum is called, and how a repository is looked at before anything on the host is written.

Facts relied on (yum 3.4.3, run): a black hole costs 301 s unless retries and timeout are bounded; the lock is
waited for without end unless exit_on_lock; a dead foreign repository is passed over by `*.skip_if_unavailable`,
which must not count for ours; `yum list` never refreshes what is cached, an empty cache folder has nothing old.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from provision.resources.base import quote

LIBRARY = r"""
lock_alive() {
  holder=$(cat /var/run/yum.pid 2>/dev/null) && [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null
}
# ARGS...: yum, bounded in everything that it would wait for
yum_bounded() {
  waited=0
  while :; do
    yum -y --setopt=exit_on_lock=1 --setopt='*.retries=2' --setopt='*.timeout=15' \
      --setopt='*.skip_if_unavailable=1' --setopt=docker-ce-stable.skip_if_unavailable=0 "$@"
    yum_status=$?
    if [ "$yum_status" = 0 ] || ! lock_alive; then return "$yum_status"; fi
    if [ "$waited" -ge 120 ]; then
      fail "yum is held by process $holder ($(tr '\0' ' ' <"/proc/$holder/cmdline" | one_line)), for longer than 120 s"
    fi
    waited=$((waited + 3))
    sleep 3
  done
}
# REPO KEY VERSION NVR...: the transaction as it would be, out of a folder of its own: what the repository offers,
# whether all that it needs is there, every package downloaded and the engine's signed by the pinned key. The
# folder stays until the end of the script: the transaction then takes the packages from it.
look_packages() {
  open_look
  printf %s "$1" | base64 -d >"$look/repos/docker-ce.repo"
  printf %s "$2" | base64 -d >"$look/key"
  version=$3; shift 3
  for file in /etc/yum.repos.d/*.repo; do
    case $file in */docker-ce.repo | '/etc/yum.repos.d/*.repo') ;; *) cp "$file" "$look/repos/" ;; esac
  done
  yum_aside --disablerepo='*' --enablerepo=docker-ce-stable makecache || fail "yum $?"
  yum_aside --disablerepo='*' --enablerepo=docker-ce-stable list docker-ce --showduplicates >"$look/offers" 2>&1
  if ! grep -qF " $version " "$look/offers" && ! grep -qF ":$version " "$look/offers"; then
    cat "$look/offers"
    fail "missing $version"
  fi
  yum_aside --setopt=obsoletes=0 --downloadonly install "$@" || fail "yum $?"
  look_signatures
}
open_look() {
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
