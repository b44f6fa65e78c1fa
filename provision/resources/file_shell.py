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
    printf "other a symbolic link to %s, which isn't there\n" "$(readlink -- "$1")"
  else
    echo "other $(stat -c %F -- "$1")"
  fi
}
sum_of() { if [ -e "$1" ]; then sha256sum <"$1" | cut -d' ' -f1; else echo absent; fi; }
# PATH SUM: what the plan saw must still be there
unchanged() { [ "$(sum_of "$1")" = "$2" ] || fail "$1 was changed meanwhile: look at it, then run again"; }
# PATH: on the disk itself, a file or a folder, so that a power cut doesn't take it. `sync` takes no path there
# (coreutils 8.22); dd asks fsync of what it has as its output, and that may be opened for reading alone.
settle() { dd if=/dev/null conv=fsync 1<"$1" 2>/dev/null || fail "can't write $1 to the disk"; }
# FOLDER: made with those above it where there is none, and each of them settled
make_folder() {
  [ -d "$1" ] || { make_folder "$(dirname -- "$1")" && mkdir -- "$1" 2>/dev/null && settle "$(dirname -- "$1")"; }
}
# OTHER PATH: the mode, owner and SELinux label of the other; without SELinux there is no label to take over
like() {
  chmod --reference="$1" "$2" && chown --reference="$1" "$2" || return 1
  chcon --reference="$1" "$2" 2>/dev/null || true
}
# NEW PATH: in one step, and for good once this returns
place() {
  mv -fT -- "$1" "$2" || fail "can't replace $2"
  settle "$(dirname -- "$2")"
}
# PATH: $new becomes an empty file beside it, and what a killed run left of that kind goes
aside() {
  rm -f -- "$(dirname -- "$1")"/.docker-provision.??????
  new=$(mktemp "$(dirname -- "$1")/.docker-provision.XXXXXX") || fail "can't write beside $1"
}
# FROM PATH: a copy with all that the other has, whole on the disk before it is seen under its name
copy() {
  aside "$2"
  cp -pL -- "$1" "$new" && like "$1" "$new" || { rm -f -- "$new"; fail "can't copy $1 to $2"; }
  settle "$new"
  place "$new" "$2"
}
# PATH FOLDER: a copy as it was before, made once; an empty NAME.absent where nothing was there
keep() {
  if [ -e "$2$1" ] || [ -e "$2$1.absent" ]; then return 0; fi
  make_folder "$2$(dirname "$1")" && chmod 0700 "$2" || fail "can't write under $2"
  folder=$(dirname "$1")
  while [ ! -d "$folder" ]; do
    true >"$2$folder.nofolder"
    folder=$(dirname "$folder")
  done
  if [ -e "$1" ]; then
    copy "$1" "$2$1"
  else
    # not `:`, at whose failing redirection sh ends without a word
    true >"$2$1.absent" || fail "can't write under $2"
    settle "$2$(dirname "$1")"
  fi
}
# KEPT PATH: what was kept takes its old place, where a link leads. The two may lie on different file systems, between
# which a move would first take PATH away.
put_back() {
  copy "$1" "$(readlink -f -- "$2")"
  rm -f -- "$1"
}
# PATH MODE SUM: standard input replaces PATH in one step, by way of a temporary file in the same folder. An
# existing file keeps its owner and SELinux label, and its mode where MODE is "-". A link's target is written to.
replace() {
  make_folder "$(dirname "$1")" || fail "can't make the folder of $1"
  path=$(readlink -f -- "$1") || fail "can't resolve $1"
  aside "$path"
  # before the content: nobody reads it whom the file is not for, and nothing is left to be done after the move
  chmod 0644 "$new"
  existed=$(test -e "$path" && like "$path" "$new" && echo yes)
  if [ "$2" != - ]; then chmod "$2" "$new"; fi
  dd of="$new" conv=fsync,notrunc 2>/dev/null
  if [ "$(sum_of "$new")" != "$3" ]; then rm -f "$new"; fail "can't write $path: is the file system full?"; fi
  place "$new" "$path"
  # a new file gets the label that its name has in the policy
  if [ -z "$existed" ] && [ -x /sbin/restorecon ]; then /sbin/restorecon "$path" 2>/dev/null; fi
  return 0
}
# PATH MODE SEEN WANTED BASE64
put_file() {
  unchanged "$1" "$3"
  keep "$1" "$state/originals"
  printf %s "$5" | base64 -d | replace "$1" "$2" "$4" || exit 1 # it ran in a subshell, and has said why
  [ "$(sum_of "$1")" = "$4" ] || fail "$1 isn't what was written"
}
# PATH SEEN: the file goes, and each folder above it that wasn't there before us and is empty
take_away() {
  unchanged "$1" "$2"
  rm -f -- "$1" || fail "can't remove $1"
  settle "$(dirname "$1")"
  folder=$(dirname "$1")
  while [ -e "$state/originals$folder.nofolder" ] && rmdir -- "$folder" 2>/dev/null; do
    folder=$(dirname "$folder")
  done
}
# PATH SEEN: an original comes back as it was, to where a link leads; else the file goes
bring_back() {
  if [ ! -e "$state/originals$1" ]; then take_away "$@"; return; fi
  unchanged "$1" "$2"
  put_back "$state/originals$1" "$1"
}
"""
