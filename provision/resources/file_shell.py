"""The shell side of `File`: what it calls on the host."""

from __future__ import annotations

LIBRARY = r"""
# PATH: "absent", or "file MODE OWNER CTIME" and the content in base64
probe_file() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    echo absent
  elif [ -f "$1" ]; then
    stat -L -c 'file %a %U:%G %Z' -- "$1" && base64 <"$1"
  elif [ -L "$1" ]; then
    echo "other a symbolic link to $(readlink -- "$1"), which isn't there"
  else
    echo "other $(stat -c %F -- "$1")"
  fi
}
sum_of() { if [ -e "$1" ]; then sha256sum <"$1" | cut -d' ' -f1; else echo absent; fi; }
# PATH SUM: what the plan saw must still be there
unchanged() { [ "$(sum_of "$1")" = "$2" ] || fail "$1 was changed meanwhile: look at it, then run again"; }
# PATH FOLDER: a copy as it was before, made once; an empty NAME.absent where nothing was there
keep() {
  if [ -e "$2$1" ] || [ -e "$2$1.absent" ]; then return 0; fi
  mkdir -p "$2$(dirname "$1")" && chmod 0700 "$2" || fail "can't write under $2"
  if [ ! -d "$(dirname "$1")" ]; then true >"$2$(dirname "$1").nofolder"; fi
  if [ -e "$1" ]; then
    cp -pL -- "$1" "$2$1.part" && mv -fT -- "$2$1.part" "$2$1" || fail "can't keep a copy of $1 under $2"
  else
    # not `:`, at whose failing redirection sh ends without a word
    true >"$2$1.absent" || fail "can't write under $2"
  fi
}
# PATH MODE SUM: standard input replaces PATH in one step, by way of a temporary file in the same folder. An
# existing file keeps its owner and SELinux label, and its mode where MODE is "-". A link's target is written to.
replace() {
  mkdir -p -- "$(dirname "$1")" || fail "can't make the folder of $1"
  path=$(readlink -f -- "$1") || fail "can't resolve $1"
  new=$(mktemp "$(dirname "$path")/.docker-provision.XXXXXX") || fail "can't write beside $path"
  dd of="$new" conv=fsync 2>/dev/null
  if [ "$(sum_of "$new")" != "$3" ]; then rm -f "$new"; fail "can't write $path: is the file system full?"; fi
  chmod 0644 "$new"
  if [ -e "$path" ]; then
    chmod --reference="$path" "$new" && chown --reference="$path" "$new"
    chcon --reference="$path" "$new" 2>/dev/null
  fi
  if [ "$2" != - ]; then chmod "$2" "$new"; fi
  mv -fT -- "$new" "$path" || fail "can't replace $path"
  if [ -x /sbin/restorecon ]; then /sbin/restorecon "$path" 2>/dev/null; fi
  return 0
}
# PATH MODE SEEN WANTED BASE64
put_file() {
  unchanged "$1" "$3"
  keep "$1" "$state/originals"
  printf %s "$5" | base64 -d | replace "$1" "$2" "$4" || exit 1 # it ran in a subshell, and has said why
  [ "$(sum_of "$1")" = "$4" ] || fail "$1 isn't what was written"
}
# PATH SEEN: the file goes, and its folder if there was none before us
take_away() {
  unchanged "$1" "$2"
  rm -f -- "$1" || fail "can't remove $1"
  if [ -e "$state/originals$(dirname "$1").nofolder" ]; then rmdir -- "$(dirname "$1")" 2>/dev/null; fi
  return 0
}
# PATH SEEN: an original comes back as it was, to where a link leads; else the file goes
bring_back() {
  if [ ! -e "$state/originals$1" ]; then take_away "$@"; return; fi
  unchanged "$1" "$2"
  mv -fT -- "$state/originals$1" "$(readlink -f -- "$1")" || fail "can't bring back $1"
}
"""
