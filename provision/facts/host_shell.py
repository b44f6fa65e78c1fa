"""The shell side of `host`: what one look at the host costs is kept to a few processes.

Facts relied on: `systemctl is-active A B` answers a line for each (systemd 219); sudo clears the environment of what
it starts, but keeps its own; df has --output since coreutils 8.21 and answers for each path in order.
"""

from __future__ import annotations

LIBRARY = r"""
# SERVICES ROOTS...: lines of KEY=VALUE about the host itself; ROOTS are folders that Docker's data may come to lie in
probe_host() {
  services=$1; shift
  sed -n 's/"//g; s/^ID=/os_id=/p; s/^ID_LIKE=/os_like=/p; s/^VERSION_ID=/os_version=/p
    s/^PRETTY_NAME=/os_name=/p' /etc/os-release
  printf 'release=%s\n' "$(cat /etc/centos-release 2>/dev/null)"
  echo "kernel=$(uname -r)"
  echo "machine=$(uname -m)"
  if [ -d /run/systemd/system ]; then echo systemd=yes; fi
  echo "selinux=$(getenforce 2>/dev/null || echo absent)"
  read -r booted </proc/cmdline
  case " $booted " in *' cgroup.memory=nokmem '*) echo nokmem=yes ;; esac
  echo "peer=$(host_peer)"
  # shellcheck disable=SC2046,SC2086 # names of services, and a word on each
  echo services= $(timed 20 systemctl is-active $services)
  timed 20 ip -o -4 route | while read -r route; do printf 'route=%s\n' "$route"; done
  for bridge in /sys/class/net/*/bridge; do
    if [ -e "$bridge" ]; then bridge=${bridge%/bridge}; echo "bridge=${bridge##*/}"; fi
  done
  host_daemons
  # as it stands there; whether that is what daemon.json means is decided by who can read JSON
  named=
  if [ -e /etc/docker/daemon.json ]; then
    named=$(sed -n 's/.*"\(data-root\|graph\)"[[:space:]]*:[[:space:]]*"\(\/[^"\\]*\)".*/\2/p' \
      /etc/docker/daemon.json 2>/dev/null)
  fi
  if [ -n "$named" ]; then set -- "$@" "$named"; fi
  host_spaces /usr /var/tmp /var/lib/docker "$@"
  for root in /var/lib/docker "$@"; do host_data "$root"; done
}
# the address that the operator comes from
host_peer() {
  if [ -n "${SSH_CONNECTION:-}" ]; then echo "${SSH_CONNECTION%% *}"; return 0; fi
  tr '\0' '\n' 2>/dev/null <"/proc/$PPID/environ" | sed -n 's/^SSH_CONNECTION=\([^ ]*\).*/\1/p'
}
# each dockerd's program, the package that it is of, and its command line
host_daemons() {
  for pid in $(pgrep -x 'dockerd|dockerd-current'); do
    # one in a container is no engine of this host
    # shellcheck disable=SC3013 # dash and bash have -ef
    if [ ! "/proc/$pid/ns/pid" -ef "/proc/$$/ns/pid" ]; then continue; fi
    program=$(readlink "/proc/$pid/exe")
    program=${program% (deleted)} # its package was replaced since
    # whether docker-ce is installed, which has this one, is asked for anyway
    package=docker-ce
    if [ "$program" != /usr/bin/dockerd ]; then package=$(timed 20 rpm -qf --qf '%{NAME}' "$program") || package=; fi
    printf 'daemon=%s\t%s\t%s\n' "$program" "$package" "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
  done 2>/dev/null
}
# PATHS...: the file system of each, or of the nearest folder above it that is there; for xfs, whether names have types
host_spaces() {
  for path; do
    printf 'path=%s\n' "$path"
    while [ ! -e "$path" ]; do path=${path%/*}; path=${path:-/}; done
    set -- "$@" "$path"
    shift
  done
  mounts=
  timed 20 df -k --output=fstype,avail,target -- "$@" | while read -r kind free mount; do
    if [ "$kind" = Type ]; then continue; fi # its headline
    printf 'space=%s %s %s\n' "$kind" "$free" "$mount"
    case "$mounts|" in *"|$mount|"*) continue ;; esac
    mounts="$mounts|$mount"
    if [ "$kind" != xfs ]; then continue; fi
    printf 'ftype=%s %s\n' "$(xfs_info "$mount" 2>/dev/null | sed -n 's/.*ftype=\([01]\).*/\1/p')" "$mount"
  done
}
# ROOT: what Docker keeps there and, where users were remapped, in folders of its own below
host_data() {
  for folder in "$1" "$1"/[0-9]*.[0-9]*; do
    if [ "$folder" != "$1" ] && [ ! -d "$folder" ]; then continue; fi
    real=$(cd "$folder" 2>/dev/null && pwd -P)
    host_count "$folder"/image/*/imagedb/content/sha256/*; images=$counted
    host_count "$folder"/containers/*; containers=$counted
    host_count "$folder"/volumes/*/_data; volumes=$counted
    drivers=
    for driver in "$folder"/image/*; do
      if [ -d "$driver" ]; then drivers=${drivers:+$drivers,}${driver##*/}; fi
    done
    swarm=no
    if [ -e "$folder/swarm/docker-state.json" ]; then swarm=yes; fi
    label=
    if [ -e /sys/fs/selinux/enforce ]; then label=$(stat -L -c %C "$folder" 2>/dev/null); fi
    printf 'root=%s %s %s %s %s %s\t%s\t%s\n' "$images" "$containers" "$volumes" "$drivers" "$swarm" "$label" \
      "$folder" "$real"
  done
}
host_count() { counted=0; if [ -e "$1" ]; then counted=$#; fi; }
"""
