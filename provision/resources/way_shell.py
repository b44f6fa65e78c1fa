"""The shell side of the guard over the way to a host: what was there before, and how it comes back.

Two places hold it. /run/docker-provision/way, which a boot clears, has the network from before a start that isn't
confirmed; `pending` has daemon.json from before, and `at-boot`, which a drop-in of docker.service runs that is there
for as long: behind a boot that came in between, the old file is back before the daemon reads it. A unit that wasn't
enabled is enabled only once its start is confirmed.

Facts relied on (run): a daemon whose bip is gone goes on with the address that docker0 has, and where it has stored
another one for it, gives it that; so it has to be told the old one once. It takes rules that are there for its own, and
doesn't delete those of an earlier address.
"""

from __future__ import annotations

RETURN = 60
"""Seconds within which the controller must come back over a new connection."""

LIBRARY = r"""
way=/run/docker-provision/way
# its name comes before that of the drop-in that records what a start takes up
boot_drop_in=/etc/systemd/system/docker.service.d/docker-provision-way.conf
watched=
# WHY [BASE64]: what the start below does to the network is taken back unless somebody comes back over a new connection.
# Where docker0 has its address from no file, BASE64 is a daemon.json that says it, with @ADDRESS@ in its place.
watch_way() {
  watched=$1
  rm -rf "$way"
  umask 077
  mkdir -p "$way" "$pending" && printf '%s\n' "${run-}" >"$way/run" && printf '%s\n' "$1" >"$way/why" ||
    fail "can't write under /run and $state"
  cat /proc/sys/net/ipv4/ip_forward >"$way/ip_forward"
  rm -f "$pending/settings"
  if [ -e /sys/class/net/docker0 ]; then
    addresses >"$way/address"
    printf %s "${2-}" | base64 -d | sed "s|@ADDRESS@|$(head -n 1 "$way/address")|" >"$pending/settings"
  fi
  for table in filter nat; do rules "$table" >"$way/$table"; done
  # where packages were changed before, it was stopped for that
  if systemctl is-active -q docker.service || [ -n "${ran-}" ]; then true >"$way/active"; fi
  if [ -n "${changed_packages-}" ]; then true >"$way/packages"; fi
  keep_started
  guard_boot
  umask 022
}
guard_boot() {
  at_boot >"$pending/at-boot" && settle "$pending/at-boot" && settle "$pending"
  make_folder "${boot_drop_in%/*}"
  printf '[Service]\nExecStartPre=-/bin/sh %s before\nExecStartPost=-/bin/sh %s behind\n' "$pending/at-boot" \
    "$pending/at-boot" >"$boot_drop_in" && settle "$boot_drop_in" &&
    settle "${boot_drop_in%/*}"
}
# what is as it should be needs nothing from before
settled() {
  rm -rf "$way" "$pending"
  if [ ! -e "$boot_drop_in" ]; then return 0; fi
  rm -f "$boot_drop_in"
  # systemd may have taken it up by another's reload
  systemctl daemon-reload
}
addresses() { ip -4 -o address show dev docker0 | awk '{ print $4 }'; }
# TABLE: asking for one that isn't in use would load it
rules() {
  if grep -qx "$1" /proc/net/ip_tables_names 2>/dev/null; then iptables -w -t "$1" -S; fi
}
# a daemon.json that isn't of this run: what the daemon runs with is what it comes back with
keep_started() {
  if [ -e "$pending/etc/docker/daemon.json" ] || [ -e "$pending/etc/docker/daemon.json.absent" ]; then return 0; fi
  if [ ! -e "$way/active" ] || [ ! -e /run/docker-provision/started.json ]; then return 0; fi
  make_folder "$pending/etc/docker"
  copy /run/docker-provision/started.json "$pending/etc/docker/daemon.json"
  like /etc/docker/daemon.json "$pending/etc/docker/daemon.json" 2>/dev/null
  return 0
}
# What that drop-in runs, before a start and behind it: it stands alone, for nothing of this run is there any more.
at_boot() {
  echo "state=$state run=${run-} daemon_json=/etc/docker/daemon.json way=$way drop_in=$boot_drop_in"
  cat <<'END'
if [ -e "$way" ]; then exit 0; fi
umask 077
old=$state/pending/etc/docker/daemon.json
# FILE: it replaces the daemon's
put() {
  path=$(readlink -f "$daemon_json")
  new=$(mktemp "$(dirname "$path")/.docker-provision.XXXXXX") || exit 1
  cp -p "$1" "$new" && chcon --reference="$path" "$new" 2>/dev/null
  dd if=/dev/null of="$new" conv=fsync,notrunc 2>/dev/null
  cmp -s "$1" "$new" && mv -fT "$new" "$path" || exit 1
}
if [ "$1" = before ]; then
  cp -pL "$daemon_json" "$state/taken-back.json"
  if [ -s "$state/pending/settings" ]; then put "$state/pending/settings"; exit 0; fi
fi
if [ -e "$old" ]; then put "$old"; fi
if [ -e "$old.absent" ]; then rm -f "$daemon_json"; fi
if [ "$1" = before ]; then exit 0; fi
cp "$daemon_json" /run/docker-provision/started.json || echo '{}' >/run/docker-provision/started.json
date '+%F %T %z' >"$state/taken-back"
if [ -n "$run" ] && [ -d "$run" ] && [ ! -s "$run/status" ]; then
  said='the host went down before anybody came back over a new connection, so the daemon.json from before is back'
  printf '\n@%s fail %s\n' "${run##*/}" "$said" >>"$run/log"
  printf '1 %s\nfail %s\n' "$(date +%s)" "$said" >"$run/status"
  rm -f "$run/asked"
fi
rm -rf "$state/pending" "$drop_in"
END
}
# behind the start: whether it stays
confirm_way() {
  if [ -z "$watched" ]; then return 0; fi
  if await_return @RETURN@; then
    keep_way
    return 0
  fi
  why=$watched
  undo_way
  fail "nobody came back over a new connection within @RETURN@ s of a start by which $why, so $undone"
}
keep_way() {
  watched=
  rm -f "$state/taken-back" "$state/taken-back.json"
  settled
}
# How it was before the start. $undone says how far that came.
undo_way() {
  watched=
  undone='the host took it back: daemon.json is as it was'
  timed 180 systemctl stop docker.service docker.socket 2>/dev/null
  umask 077
  mkdir -p "$state"
  if [ -e /etc/docker/daemon.json ]; then
    cp -pL /etc/docker/daemon.json "$state/taken-back.json"
    undone="$undone (what was tried is in $state/taken-back.json)"
  fi
  date '+%F %T %z' >"$state/taken-back"
  umask 022
  network_back
  (take_back)
  if [ -e "$way/active" ]; then
    systemctl reset-failed docker.service 2>/dev/null
    timed 180 systemctl start docker.service 2>/dev/null
    if effective docker.service '' ''; then
      undone="$undone and the daemon runs with it"
    else
      undone="$undone, but the daemon doesn't run with it: see \`journalctl -u docker\`"
    fi
  else
    undone="$undone, docker.service is stopped, docker0 is as before"
  fi
  if [ -e "$way/packages" ]; then undone="$undone; the packages stay as this run has changed them"; fi
  undone="$undone; look at \`ip route\` and \`iptables -S\` there, or choose another network, then run again"
  settled
}
# with the daemon stopped, and before its old file is back
network_back() {
  if [ ! -e "$way/address" ]; then
    (remove_bridge docker0)
  elif [ -e /sys/class/net/docker0 ] && [ "$(addresses)" != "$(cat "$way/address")" ]; then
    # down: so that no route is left that somebody has led through it
    ip link set dev docker0 down
    ip -4 address flush dev docker0
    while read -r address; do ip address add "$address" broadcast + dev docker0; done <"$way/address"
    ip link set dev docker0 up
    if [ -s "$pending/settings" ]; then address_told; fi
  fi
  came_since filter 'FORWARD .*-[io] docker0( |$)'
  came_since nat 'POSTROUTING .*! -o docker0( |$)'
  if ! grep -q '^-N DOCKER' "$way/filter"; then remove_chains; fi
  if rules filter | grep -qx -e '-P FORWARD DROP' && ! grep -qx -e '-P FORWARD DROP' "$way/filter"; then
    iptables -w -P FORWARD ACCEPT
  fi
  if [ "$(cat "$way/ip_forward")" = 0 ]; then sysctl -q -w net.ipv4.ip_forward=0; fi
}
# a start by which the daemon stores the old address as its own
address_told() {
  sum=$(sum_of "$pending/settings")
  replace /etc/docker/daemon.json - "$sum" <"$pending/settings"
  systemctl reset-failed docker.service 2>/dev/null
  timed 180 systemctl start docker.service 2>/dev/null
  effective docker.service '' ''
  timed 180 systemctl stop docker.service docker.socket 2>/dev/null
}
# TABLE PATTERN: docker's own rules that weren't there before, by xargs as in `remove_rules`
came_since() {
  rules "$1" | grep -vxFf "$way/$1" | own_rules "$2" | xargs -r -L 1 iptables -w -t "$1"
}
# a run that ended before its start was confirmed, whatever ended it
abandoned() {
  if [ ! -e "$way/run" ] || [ "$(cat "$way/run")" != "${run-}" ]; then return 0; fi
  why=$(cat "$way/why")
  undo_way
  verdict=fail
  frame note "before the start by which $why was confirmed, the run ended: $undone"
}
""".replace("@RETURN@", str(RETURN))
