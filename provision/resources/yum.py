"""How yum is called, and how a repository is looked at before anything on the host is written.

Fact relied on (yum 3.4.3, run): `yum list` never refreshes what is cached, an empty cache folder has nothing old.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provision.resources.base import quote
from provision.resources.yum_bounds import BOUNDS

LIBRARY = (
    BOUNDS
    + r"""
look=
back_needed=yes
loaded=
# the key that signs a bundle's dependencies, in base64, where packages come from one
bundle=
bundled=docker-ce-stable,docker-provision-dependencies
# an empty root for yum, where all is to come that a package needs, whatever this host has
root=
# FILE BASE64: a file below $look, for root alone
lay() { (umask 077; printf %s "$2" | base64 -d >"$1") || fail "can't write under /var/tmp"; }
# REPO CA: our repository as it will be, with its certificate beside it: the host has neither yet. A certificate that is
# missing would have yum pass the repository over without a word (yum 3.4.3, run).
lay_repository() {
  open_look
  lay "$look/repos/docker-ce.repo" "$1"
  if [ -n "$2" ]; then
    lay "$look/ca.pem" "$2"
    sed -i "s|^sslcacert=.*|sslcacert=$look/ca.pem|" "$look/repos/docker-ce.repo"
  fi
}
# REPO CA: it is to be written: the mirror must answer before
look_repository() {
  await_yum
  lay_repository "$1" "$2"
  load_ours
}
# What it offers, in yum's own words, into $look/offers. Each call of yum costs seconds, so this one is the question
# whether the mirror answers, too: a list with nothing in it ends with 1, as a mirror that doesn't answer.
load_ours() {
  if [ -n "$loaded" ]; then return 0; fi
  look_clock
  yum_aside --disablerepo='*' --enablerepo=docker-ce-stable list docker-ce --showduplicates >"$look/offers" 2>&1
  if [ "$yum_status" != 0 ] && ! grep -q '^Error: No matching Packages' "$look/offers"; then
    cat "$look/offers"
    fail "yum $yum_status"
  fi
  loaded=yes
}
# REPO CA KEY HELD VERSION REPLACED GONE BACK COMMAND...: the transaction as it would be, out of a folder of its own,
# with the packages HELD from our repository alone: what that offers, whether all that it needs is there, that it takes
# nothing away but REPLACED and nobody needs GONE, every package downloaded, those of BACK for the way back too, and the
# engine's signed by the pinned key. The folder stays until the end of the script: the transaction then takes the
# packages from it.
look_packages() {
  lay_repository "$1" "$2"
  if [ -n "$bundle" ]; then lay_bundle; fi
  lay "$look/key" "$3"
  held=$4 version=$5 replaced=$6 gone=$7 back=$8; shift 8
  if [ -z "$bundle" ]; then look_around; fi
  load_ours
  look_offer
  command=$(spelt "$@")
  # a word for each
  # shellcheck disable=SC2086
  yum_aside --setopt=obsoletes=0 --setopt=clean_requirements_on_remove=0 --downloadonly $command \
    >"$look/transaction" 2>&1 || { cat "$look/transaction"; fail "yum $yum_status"; }
  look_touched
  look_back
  look_signatures
}
# A bundle's repositories, in place of every other, out of the folder that was sent ahead of this run. What CentOS
# signed is checked by CentOS's key, and what Docker did by Docker's.
lay_bundle() {
  mv "$given" "$look/bundle" 2>/dev/null || fail "the packages that were sent ahead are gone from $given: run again"
  lay "$look/base-key" "$bundle"
  sed -i "s|^baseurl=.*|baseurl=file://$look/bundle/docker-ce-stable|; s/^enabled=.*/enabled=1/" \
    "$look/repos/docker-ce.repo"
  printf '%s\n' '[docker-provision-dependencies]' 'name=what Docker needs of CentOS' 'enabled=1' 'gpgcheck=1' \
    "baseurl=file://$look/bundle/docker-provision-dependencies" "gpgkey=file://$look/base-key" \
    >"$look/repos/dependencies.repo" || fail "can't write under /var/tmp"
}
# the other repositories of the host, as they are to count in this run
look_around() {
  copy_repositories "$look/repos"
  hide_elsewhere "$look/repos"
  ask_around "$look/repos"
}
# whether our repository offers docker-ce $version
look_offer() {
  if ! grep -qF " $version " "$look/offers" && ! grep -qF ":$version " "$look/offers"; then
    cat "$look/offers"
    fail "missing $version"
  fi
}
# COMMAND...: as this host's yum takes it. Where dnf stands in for yum, swap takes one package for one, and only its
# shell takes several in one transaction (dnf 4.14, run).
spelt() {
  case "$1:$(readlink -f "$(command -v yum)")" in
    swap:*/dnf*)
      shift 2
      printf '%s\nrun\n' "$*" | sed 's/ -- /\n/' >"$look/words"
      echo "shell $look/words" ;;
    *) printf '%s\n' "$*" ;;
  esac
}
# From yum's table: `swap` takes along what needs the old packages, others are obsoleted, both without a word
# (yum 3.4.3, run). rpm is asked too who needs what goes.
look_touched() {
  awk '/^Transaction Summary/ { exit }
    /^[^ ]/ { takes = /^(Remov|Downgrad|Eras)ing/ }
    takes && /^ [^ ]/ { print $1 }
    $1 == "replacing" { sub(/\.[^.]*$/, "", $2); print $2 }' "$look/transaction" >"$look/touched"
  for package in $gone; do
    rpm -q --qf '%{NAME}\n' --whatrequires "$package" | grep -v ' ' >>"$look/touched"
  done
  foreign=$(sort -u "$look/touched" | while read -r package; do
    case " $replaced " in *" $package "*) ;; *) printf ' %s' "$package" ;; esac
  done)
  if [ -n "$foreign" ]; then
    cat "$look/transaction"
    fail "packages that aren't Docker's would be taken away or lowered by it: ${foreign# }; if that is meant," \
      "take them away by hand before (\`yum remove$foreign\`)"
  fi
}
# The packages that are there now, so that the way back is never cut off.
look_back() {
  mkdir "$look/back"
  if [ -z "$back" ]; then return 0; fi
  # a word for each
  # shellcheck disable=SC2086
  yum_aside --setopt=obsoletes=0 --downloadonly reinstall $back >"$look/reinstall" 2>&1
  missing=
  for package in $back; do
    find_packages "$package" -exec cp '{}' "$look/back/" \;
    if ! ls "$look/back/$package".*.rpm >/dev/null 2>&1; then missing="$missing $package"; fi
  done
  if [ -z "$missing" ]; then return 0; fi
  if [ -z "$back_needed" ]; then
    frame note "no way back: nobody offers$missing any more"
    return 0
  fi
  cat "$look/reinstall"
  fail "what is installed now isn't on offer there, so that there would be no way back: ${missing# }; name a" \
    "--package-mirror that offers both (a bundle does by \`--also\`), or take Docker away first (its data stays)"
}
# FOLDER: in these copies of other people's repositories the packages are hidden, beside what is hidden there: of a
# package that two repositories have yum would take the one whose id comes first
hide_elsewhere() {
  for file in "$1"/*.repo; do
    case $file in */docker-ce.repo) continue ;; esac
    awk -v names=" $held" '
      function leave() { if (inside) print "exclude =" names; inside = 0 }
      /^\[/ { leave(); inside = 1 }
      tolower($0) ~ /^exclude[ \t]*[=:]/ { sub(/[=:]/, "=" names " "); inside = 0 }
      { print }
      END { leave() }
    ' "$file" >"$look/hiding" && cat "$look/hiding" >"$file" || fail "can't write under /var/tmp"
  done
}
# A clock that is off by days finds no certificate valid. So the mirror is asked for the time without looking at its
# own: what it says decides nothing but this. A mirror that doesn't say it is yum's to judge.
look_clock() {
  list_servers "$look/clock" docker-ce-stable "$look/repos/docker-ce.repo" >/dev/null
  if [ ! -e "$look/clock/1" ]; then return 0; fi
  said=$(curl -skI --connect-timeout 5 --max-time 10 -K "$look/clock/1" | tr -d '\r' | sed -n 's/^[Dd]ate: *//p')
  if [ -z "$said" ]; then return 0; fi
  # where date can't read it there is nothing to reckon with, and without a number the arithmetic would end the shell
  told=$(date -d "$said" +%s 2>/dev/null) || return 0
  ahead=$(($(date +%s) - told))
  if [ "${ahead#-}" -ge 86400 ]; then fail "clock $ahead"; fi
}
open_look() {
  if [ -n "$look" ]; then return 0; fi
  sweep_looks
  look=$(mktemp -d "$scratch/docker-provision.$$.XXXXXX") || fail "can't write under /var/tmp"
  trap 'rm -rf "$look"' EXIT
  mkdir "$look/repos" || fail "can't write under /var/tmp"
}
# yum apart from the host's own files: nothing is written but below $look. Signatures are checked by ourselves,
# against the pinned key alone: yum would import keys for it.
yum_aside() {
  yum_bounded --noplugins --nogpgcheck --setopt=reposdir="$look/repos" --setopt=cachedir="$look/cache" \
    --setopt=persistdir="$look/persist" --setopt=logfile="$look/log" ${root:+"--installroot=$root"} \
    ${root:+--releasever=7} ${bundle:+"--disablerepo=*"} ${bundle:+"--enablerepo=$bundled"} "$@"
}
# REPO CA: what it offers
list_offers() {
  lay_repository "$1" "$2"
  load_ours
  cat "$look/offers"
}
# Docker's by the pinned key alone, and what came along in a bundle by CentOS's
look_signatures() {
  trust_alone "$look/key" "$look/rpm"
  find_packages docker-ce-stable >"$look/found"
  [ -s "$look/found" ] || fail "yum downloaded no package of docker-ce-stable"
  while read -r file; do
    signed "$file" "$look/rpm" || fail "signature $(basename "$file")"
  done <"$look/found"
  if [ -z "$bundle" ]; then return 0; fi
  trust_alone "$look/base-key" "$look/base-rpm"
  find_packages docker-provision-dependencies >"$look/found"
  while read -r file; do
    signed "$file" "$look/base-rpm" || fail "dependency $(basename "$file")"
  done <"$look/found"
}
# WORDS ARGS...: packages that have these words in their path, downloaded or sent: yum need not copy what is of a file://
# repository
find_packages() {
  words=$1
  shift
  find "$look/cache" ${bundle:+"$look/bundle"} -name '*.rpm' -path "*/$words*" "$@"
}
# KEY FOLDER: a database for rpm there that holds that key and nothing else
trust_alone() {
  mkdir "$2" && rpm --dbpath "$2" --initdb && rpm --dbpath "$2" --import "$1" || fail "rpm can't import the key"
}
# FILE FOLDER: rpm's own check. An unsigned package is "OK" by its digests: it must say that a signature is.
signed() { rpm --dbpath "$2" -K "$1" >"$look/check" 2>&1 && grep -qE 'pgp|signatures' "$look/check"; }
"""
)


FORGET = "rm -rf /var/cache/yum/*/7/docker-ce-stable"
"""What follows from a change of the repository's file, and from its removal: yum itself doesn't see a change within the
second of its last look, and `yum clean` doesn't know a repository that is gone (yum 3.4.3, run)."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository file and what it trusts, as they will lie on the host: the key, and a certificate if it has one.

    `base_key` is there where packages come from a bundle: the key that signs those of CentOS among them.
    """

    text: bytes
    key: bytes
    hold: tuple[str, ...]
    ca: bytes = b""
    base_key: bytes = b""

    @property
    def bundled(self) -> bool:
        """Whether packages come from a bundle, and the repository isn't asked."""
        return bool(self.base_key)

    def look(
        self,
        version: str,
        command: Sequence[str],
        *,
        replaced: Iterable[str] = (),
        gone: Iterable[str] = (),
        back: Iterable[str] = (),
    ) -> str:
        """Shell text that refuses unless yum's `command` can bring docker-ce to `version` (VERSION-RELEASE).

        It may take `replaced` away and nothing else, by name; nobody may need `gone`; `back` are the packages that
        are there now (name-version-release), which must be on offer too.
        """
        words = (
            *(*self.laid(), *self.trusted(), version),
            *(" ".join(each) for each in (replaced, gone, back)),
            *command,
        )
        ahead = f"bundle={_encoded(self.base_key)}\n" if self.bundled else ""
        return ahead + " ".join(["look_packages", *map(quote, words)])

    def look_first(self) -> str:
        """Shell text that refuses unless yum's lock is free and the mirror answers."""
        return " ".join(["look_repository", *map(quote, self.laid())])

    def offers(self) -> str:
        """Shell text that lists what the repository offers, and leaves the host as it was."""
        return " ".join(["list_offers", *map(quote, self.laid())])

    def trusted(self) -> tuple[str, str]:
        """The key, in base64, and the names that only come from here."""
        return _encoded(self.key), " ".join(self.hold)

    def laid(self) -> tuple[str, str]:
        """The same repository without its hold, which would hide what is looked for, and its certificate."""
        lines = (line for line in self.text.split(b"\n") if not line.startswith(b"exclude="))
        return _encoded(b"\n".join(lines)), _encoded(self.ca)


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
