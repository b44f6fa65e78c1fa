"""The shell side of a `Unit` that is taken away: the daemon stopped, its bridges, firewall rules and chains gone.

Of `unit_shell` it needs `docker_cli` and `property`.
"""

from __future__ import annotations

LIBRARY = r"""
# UNIT CONTAINERS FORWARD: CONTAINERS "stop" ends them, "idle" leaves the host alone if there are any
remove_unit() {
  bridges=docker0
  if systemctl is-active -q "$1"; then
    running=$(docker_cli ps -q) || fail "docker doesn't answer; restart it by hand, then run again"
    if [ -n "$running" ] && [ "$2" != stop ]; then
      fail "containers were started meanwhile; stop them first, or say --stop-containers"
    fi
    for container in $running; do
      timeout 120 docker -H unix:///var/run/docker.sock stop "$container" >/dev/null ||
        fail "container $container doesn't stop"
    done
    # docker names the bridge of a network br-ID
    bridges="docker0 $(docker_cli network ls -q --filter driver=bridge | sed 's/^/br-/' | one_line)"
  fi
  for unit in docker.socket "$1"; do
    if [ "$(property "$unit" LoadState)" = loaded ]; then
      systemctl disable "$unit" >/dev/null 2>&1
      timed 180 systemctl stop "$unit"
      systemctl reset-failed "$unit" 2>/dev/null
    fi
  done
  if systemctl is-active -q "$1"; then fail "$1 doesn't stop"; fi
  for bridge in $bridges; do remove_bridge "$bridge"; done
  remove_chains
  if [ "$3" = '-P FORWARD ACCEPT' ]; then iptables -w -P FORWARD ACCEPT; fi
  rm -rf /run/docker-provision "$boot_drop_in"
}
# FOLDER: it is known to have been made since our first run
came_with_us() { mkdir -p "$state/originals$(dirname "$1")" && true >"$state/originals$1.nofolder"; }
remove_bridge() {
  if [ ! -e "/sys/class/net/$1" ]; then return 0; fi
  remove_rules filter "FORWARD .*-[io] $1( |$)"
  remove_rules nat "POSTROUTING .*! -o $1( |$)"
  ip link delete "$1" || fail "can't remove the interface $1"
}
# PATTERN: of rules, how those go that docker itself appends. None of them has a comment with a quote in it, which
# iptables writes behind a backslash, and by which xargs would take the rest of it for words of their own.
own_rules() { grep -E -e "^-A $1" | grep -v '[\]' | sed 's/^-A/-D/'; }
# TABLE PATTERN: rules as docker itself appends them; those of others that speak of docker stay. By xargs, which
# knows quotes and nothing else: a rule's comment is not for a shell.
remove_rules() {
  iptables -w -t "$1" -S 2>/dev/null | own_rules "$2" | xargs -r -L 1 iptables -w -t "$1"
}
remove_chains() {
  for table in nat filter; do
    remove_rules "$table" '.* -j DOCKER(-[A-Z0-9-]+)?$'
    iptables -w -t "$table" -S 2>/dev/null | sed -n 's/^-N \(DOCKER[A-Z0-9-]*\)$/\1/p' | while read -r chain; do
      iptables -w -t "$table" -F "$chain" && iptables -w -t "$table" -X "$chain"
    done
  done
}
"""
