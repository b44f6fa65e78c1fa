"""The shell side of `Packages`: what it calls on the host, with what `Unit` has.

Facts relied on: yum's exit code is 0 where it did nothing of what was asked (yum 3.4.3, run); a package's scriptlets
restart a docker that runs, 18.06's stop it at a fresh install too, so it is stopped before and none of them finds it.
"""

from __future__ import annotations

from provision.resources.engine_shell import LIBRARY as ENGINE_LIBRARY
from provision.resources.yum import LIBRARY as YUM_LIBRARY

LIBRARY = (
    YUM_LIBRARY
    + ENGINE_LIBRARY
    + r"""
# NAME...: each installed package in a line. rpm itself is asked for too: an unreadable database says "not
# installed", exit 1, for everything (rpm 4.11.3, run), which must not be taken for absence.
probe_packages() {
  found=$(timed 20 rpm -q --qf '%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH}\n' rpm "$@" 2>&1)
  status=$?
  printf '%s\n' "$found"
  if [ "$status" -gt 100 ]; then exit 1; fi
  # of two versions of one package, which was installed when
  twice=$(printf '%s\n' "$found" | awk '
    NF == 5 && $2 ~ /^[0-9]+$/ && $1 ~ /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/ && seen[$1]++ == 1 { print $1 }')
  if [ -n "$twice" ]; then
    # a word for each name
    # shellcheck disable=SC2086
    timed 20 rpm -q --qf 'twice:%{INSTALLTIME} %{NAME} %{VERSION}-%{RELEASE} %{ARCH}\n' $twice
    return 0
  fi
  # All of it is read only where that is in question, which is 200 MB.
  if another_cli "$found" || half_overwritten "$found"; then
    timed 100 rpm -V docker-ce | awk '/^(missing|..5)/ && $2 != "c" { print "spoilt " $NF }'
  fi
}
# FOUND: an engine beside another one's CLI. A disk that filled up in the middle of an upgrade leaves that, with a part
# of the engine overwritten (yum 3.4.3, run).
another_cli() {
  printf '%s\n' "$1" | awk '{ version[$1] = $3 } END { exit !(version["docker-ce"] && version["docker-ce-cli"] &&
    version["docker-ce"] != version["docker-ce-cli"]) }'
}
# FOUND: the same where no CLI is beside it, or none any more: rpm puts a package's files in their places in the order
# of their names, so that the first of its programs and at least another are of other sizes. One that somebody has
# replaced, as a runc without its holes, is his.
half_overwritten() {
  case "
$1" in *"
docker-ce "*) ;; *) return 1 ;; esac
  others=$(timed 20 rpm -V --nofiledigest --nodeps --noscripts docker-ce |
    awk '/^(missing|S)/ && $NF ~ "^/usr/bin/" { print $NF }')
  case $others in *"
"*) ;; *) return 1 ;; esac
  first=$(rpm -ql docker-ce | grep '^/usr/bin/' | sort | head -n 1)
  printf '%s\n' "$others" | grep -qxF -e "$first"
}
# PACKAGE: as its package has it, but for what is the operator's to change
assert_whole() {
  spoilt=$(rpm -V "$1" | awk '/^(missing|..5)/ && $2 != "c" { print $NF }' | head -n 3 | one_line)
  if [ -n "$spoilt" ]; then fail "yum says that it is done, but $spoilt isn't as $1 has it"; fi
}
# what is installed, by name; keys by their full name, for there are several
installed_names() {
  { rpm -qa --qf '%{NAME}\n' | grep -vx gpg-pubkey; rpm -qa gpg-pubkey; } | sort -u
}
# yum copies our section into its history, the proxy's login with it (yum 3.4.3, run)
forget_login() {
  # as a pattern of sed's, whatever somebody has written there since
  login=$(sed -n 's|^proxy=http://\(.*\)@.*|\1|p' /etc/yum.repos.d/docker-ce.repo 2>/dev/null |
    sed 's/[][\.*^$|]/\\&/g')
  if [ -z "$login" ] || [ ! -d /var/lib/yum/history ]; then return 0; fi
  (umask 077; printf 's|//%s@|//***@|g\n' "$login" >"$look/forget")
  find /var/lib/yum/history -name config-repos -exec sed -i -f "$look/forget" {} +
}
# PACKAGES GONE COMMAND...: yum's command with what the look has downloaded, then what is left over goes, then the
# question whether it is so. Where not, $why says it.
change() {
  wanted=$1 gone=$2; shift 2
  installed_names >"$look/before"
  intend
  if [ "${1:-}" = reinstall ]; then
    # what has files of the same name goes first, and takes them along
    # shellcheck disable=SC2086 # a word for each name
    erase $gone || return 1
    gone=
  fi
  if [ $# -gt 0 ]; then
    command=$(spelt "$@")
    # a word for each
    # shellcheck disable=SC2086
    yum_bounded --setopt=obsoletes=0 --setopt=clean_requirements_on_remove=0 --setopt=cachedir="$look/cache" \
      --setopt=reposdir="$look/repos" ${bundle:+"--disablerepo=*"} ${bundle:+"--enablerepo=$bundled"} \
      --disableexcludes=docker-ce-stable $command ||
      { why="yum $yum_status"; forget_login; return 1; }
    forget_login
  fi
  for package in $wanted; do
    if rpm -q "$package" >/dev/null 2>&1; then continue; fi
    why="yum says that it is done, but $package isn't installed"
    return 1
  done
  mkdir -p "$state" || { why="can't write under $state"; return 1; }
  installed_names | comm -13 "$look/before" - >>"$state/brought-packages"
  rm -f "$state/intended-packages"
  # a word for each name
  # shellcheck disable=SC2086
  erase $gone
}
# What the transaction is about to bring, new or in place of another: so that it is known as ours if it is cut off.
intend() {
  mkdir -p "$state" || return 0
  if [ -e "$state/intended-packages" ]; then note_brought; fi
  find_packages '' -exec rpm -qp --nosignature --qf '%{NAME}\n' '{}' + 2>/dev/null |
    sort -u >"$look/intended"
  { comm -13 "$look/before" "$look/intended" | sed 's/^/new /'; comm -12 "$look/before" "$look/intended" |
    sed 's/^/there /'; sed -n 's/^gpg-pubkey/key &/p' "$look/before"; } >"$state/intended-packages"
}
# what of it came, and which keys yum imported for it, where the transaction didn't come to its end
note_brought() {
  sed -n 's/^new //p' "$state/intended-packages" | while read -r name; do
    if rpm -q -- "$name" >/dev/null 2>&1; then printf '%s\n' "$name"; fi
  done >>"$state/brought-packages"
  keys=$(sed -n 's/^key //p' "$state/intended-packages")
  if [ -n "$keys" ]; then rpm -qa gpg-pubkey | grep -vxF -e "$keys" >>"$state/brought-packages"; fi
  rm -f "$state/intended-packages"
}
change_packages() { change "$@" || fail "$why"; }
# NAME...
erase() {
  if [ $# = 0 ]; then return 0; fi
  yum_bounded --disablerepo='*' --setopt=clean_requirements_on_remove=0 remove "$@" ||
    { why="yum $yum_status"; return 1; }
  for package; do
    if ! rpm -q "$package" >/dev/null 2>&1; then continue; fi
    why="yum says that it is done, but $package is still installed"
    return 1
  done
}
# Before what is in docker-ce's place goes. docker-latest has a service of its own, whose containers nobody would mind.
# What isn't on offer any more can't come back: then that is said, for there is no other way.
look_rivals() {
  back_needed=
  if systemctl is-active -q docker-latest.service; then
    fail "docker-latest.service runs: stop its containers, then \`systemctl stop docker-latest\`, and run again"
  fi
}
# NAME...: what needs them is looked at first, since `yum -y remove` takes it along without a word
look_removal() {
  await_yum
  needed=$(rpm -e --test "$@" 2>&1) || fail "other packages need $*: $(printf %s "$needed" | one_line)"
}
remove_packages() { erase "$@" || fail "$why"; }
# what engines leave that no package owns: where they ran, and folders for what nobody installs by containerd
forget_engine() {
  for name in docker containerd; do
    if pgrep -x "$name|${name}d" >/dev/null || grep -q " \(/var\)*/run/$name/" /proc/self/mountinfo; then continue; fi
    rm -rf "/run/$name" "/run/$name.sock"
  done
  rmdir /opt/containerd/bin /opt/containerd/lib /opt/containerd /etc/containerd 2>/dev/null
  return 0
}
"""
)
