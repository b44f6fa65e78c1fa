"""The packages that came with Docker's: they stay, for others may need them by now, unless the operator says otherwise.

Facts relied on (yum 3.4.3, run): `remove -y` takes along whatever needs what is named, without a word; so does
clean_requirements_on_remove with what yum counts as a dependency, even if somebody has installed it by name since;
`autoremove` takes everything on the host that yum counts so. So what goes is named, and the transaction looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provision.resources.base import Change, Finding, Note, Refusal, State, States, Unknown, quote
from provision.resources.packages import Packages
from provision.script import Section
from provision.words import rpm

LIBRARY = r"""
# "came NAME" for each package that came with the engine's and is still there; "stays NAME" for what isn't one that may
# go: a key, and what yum was told to keep
probe_dependencies() {
  # the second of a transaction that was cut off
  came=$({ cat "$state/brought-packages"; sed -n 's/^new //p' "$state/intended-packages"; } 2>/dev/null | sort -u)
  if [ -z "$came" ]; then return 0; fi
  timed 20 rpm -q --qf 'rpm\n' rpm || exit 1
  printf '%s\n' "$came" | while read -r name; do
    full=$(timed 20 rpm -q --qf '%{NAME}-%{VERSION}-%{RELEASE}-%{ARCH}\n' -- "$name") || continue
    word=came
    case $name in gpg-pubkey-*) word=stays ;; esac
    for reason in "/var/lib/yum/yumdb/$(printf %.1s "$name")"/*-"$full"/reason; do
      if [ -e "$reason" ] && [ "$(cat "$reason")" = user ]; then word=stays; fi
    done
    printf '%s %s\n' "$word" "$name"
  done
}
# NAME...: the transaction is to be these and nothing else. yum saves one that is refused, in TMPDIR.
look_dependencies() {
  await_yum
  open_look
  (
    export TMPDIR="$look"
    yum_bounded --disablerepo='*' --setopt=clean_requirements_on_remove=0 --assumeno remove "$@"
  ) >"$look/removal" 2>&1
  others=$(awk '/^Removing/ { on = 1; next } /^Transaction Summary/ { on = 0 } on && /^ [^ ]/ { print $1 }' \
    "$look/removal" | while read -r package; do
    case " $* " in *" $package "*) ;; *) printf '%s\n' "$package" ;; esac
  done | one_line)
  if [ -n "$others" ]; then fail "with $* would go: $others; leave --with-dependencies out"; fi
  if ! grep -q '^Transaction Summary' "$look/removal"; then
    cat "$look/removal"
    fail "yum doesn't say what it would remove: leave --with-dependencies out"
  fi
}
"""


@dataclass(frozen=True, slots=True)
class CameState:
    """Packages that came with the engine's and are installed still. `stay`: what yum was told to keep, and keys that it
    imported for them."""

    came: tuple[str, ...]
    stay: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((*self.came, *self.stay)) or "none"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What came with `engine`. `remove` is the operator's consent to taking it away."""

    engine: Packages
    remove: bool

    @property
    def id(self) -> str:
        return "packages that came along"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return "probe_dependencies"

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown("rpm doesn't say what came with Docker; look at `rpm -q rpm` on the host")
        words = [line.split() for line in section.text.splitlines()]
        named = {
            word: tuple(
                each[1] for each in words if len(each) == 2 and each[0] == word and rpm.is_name(each[1])
            )
            for word in ("came", "stays")
        }
        return CameState(named["came"], named["stays"])

    def remember(self, state: State) -> Any:  # noqa: ARG002  the protocol's signature
        """What comes along is written down as it comes."""
        return None

    def compare(self, states: States) -> list[Finding]:  # noqa: ARG002  likewise
        """They come with the engine."""
        return []

    def withdraw(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        going = self.engine.going(states)
        came = [name for name in state.came if name not in going]
        # what is named in a transaction, as the engine's own are, yum counts as asked for by somebody
        kept = [name for name in state.stay if name not in going]
        stay = kept if self.remove else (*came, *kept)
        found: list[Finding] = []
        if came and self.remove:
            found = [
                Change(
                    self.id,
                    " ".join(came),
                    "absent",
                    "--with-dependencies",
                    " ".join(["remove_packages", *map(quote, came)]),
                    look=" ".join(["look_dependencies", *map(quote, (*going, *came))]),
                )
            ]
        if stay:
            way = "; --with-dependencies takes them away" if came and not self.remove else ""
            found.append(Note(self.id, f"stays, since others may need it by now: {' '.join(stay)}{way}"))
        return found
