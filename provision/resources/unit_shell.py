"""The shell side of `Unit`: what it calls on the host.

Facts relied on: `systemctl reload` exits 0 whatever the daemon made of the file, so the daemon is asked for what it
shows, and for its event of the reload (18.06.3, run); `--value` of systemctl show is younger than systemd 219; from
18.09 on `docker info` may start a stopped daemon through docker.socket, so systemd is asked first.
"""

from __future__ import annotations

from provision.resources import removal_shell, unitfiles, way_shell

LIBRARY = (
    unitfiles.LIBRARY
    + way_shell.LIBRARY
    + r"""
pending=/var/lib/docker-provision/pending
variables=/etc/sysconfig/docker-provision
docker_cli() { timed 20 docker -H unix:///var/run/docker.sock "$@"; }
property() { systemctl show "$1" -p "$2" | cut -d= -f2-; }
# PID NAME SUM...: those of its variables that aren't what they should be. Where none are named, those in the file by
# which we set them count. Values are compared here, and printed nowhere.
strange_variables() {
  environ=/proc/$1/environ; shift
  if [ ! -r "$environ" ]; then return 0; fi # it ended meanwhile
  if [ $# = 0 ] && [ -r "$variables" ]; then
    # names, which hold no blanks
    # shellcheck disable=SC2013
    for name in $(sed -n 's/^\([A-Za-z_]*\)=.*/\1/p' "$variables"); do
      set -- "$@" "$name" "$(sed -n "s/^$name=//p" "$variables" | tr -d '\n' | sha256sum | cut -d' ' -f1)"
    done
  fi
  while [ $# -gt 0 ]; do
    # the last of two that are equal counts; a variable that isn't there is as good as an empty one
    sum=$(tr '\0' '\n' <"$environ" | sed -n "s/^$1=//p" | tail -n 1 | tr -d '\n' | sha256sum | cut -d' ' -f1)
    if [ "$sum" != "$2" ]; then printf '%s ' "$1"; fi
    shift 2
  done
}
# UNIT NAME SUM...: lines of KEY=VALUE
probe_unit() {
  shown=$(timed 20 systemctl show "$1" -p LoadState -p ActiveState -p UnitFileState -p NeedDaemonReload -p MainPID) ||
    exit 1
  printf '%s\n' "$shown"
  echo "now=$(date +%s)"
  echo "ip_forward=$(cat /proc/sys/net/ipv4/ip_forward)"
  # asking iptables would load the table where none is in use: its policy is ACCEPT then
  if grep -qx filter /proc/net/ip_tables_names 2>/dev/null; then
    timed 20 iptables -S FORWARD | { read -r first; echo "forward=$first"; }
  else
    echo 'forward=-P FORWARD ACCEPT'
  fi
  if [ -e /etc/docker ]; then echo etc_docker=yes; fi
  if [ -e /etc/docker/key.json ]; then echo key_json=yes; fi
  if [ -e /sys/class/net/docker0 ]; then echo bridge=yes; fi
  if [ -e "$pending/at-boot" ]; then echo unconfirmed=yes; elif [ -e "$pending" ]; then echo kept=yes; fi
  if [ -e "$state/taken-back" ]; then echo "tried=$(cat "$state/taken-back")"; fi
  # what a change of version has stopped and not started again
  if [ -e "$state/stopped-containers" ]; then
    awk '$2 != "no" { print "stopped=" $3 }' "$state/stopped-containers"
  fi
  probe_unit_files "$1"
  case $shown in *ActiveState=active* | *ActiveState=reloading*) ;; *) exit 0 ;; esac
  shift
  pid=${shown##*MainPID=}
  pid=${pid%%[!0-9]*}
  elapsed=$(ps -o etimes= -p "$pid")
  echo "elapsed=${elapsed##* }"
  echo "argv=$(base64 -w 0 <"/proc/$pid/cmdline")"
  echo "strange=$(strange_variables "$pid" "$@")"
  for record in started reloaded event; do
    if [ -e "/run/docker-provision/$record.json" ]; then
      echo "$record=$(base64 -w 0 <"/run/docker-provision/$record.json")"
    fi
  done
  info=$(docker_cli info -f '{{json .}}' 2>/dev/null)
  # not echo, which in dash takes a backslash for more than itself
  printf 'info=%s\n' "$info"
  # those that restart just now aren't among its ContainersRunning
  case $info in *'"Containers":0,'*) exit 0 ;; esac
  running=$(docker_cli ps -q 2>/dev/null)
  policy='{{if .HostConfig.AutoRemove}}removed{{else}}{{.HostConfig.RestartPolicy.Name}}{{end}}'
  # a word for each container
  # shellcheck disable=SC2086
  if [ -n "$running" ]; then docker_cli inspect -f "container={{.Name}} $policy" $running 2>/dev/null; fi
  exit 0
}
# POLICY CONTAINERS: whether the daemon may be stopped; prints why not. CONTAINERS is "kept" where it starts again with
# live-restore, which saves them if the daemon that runs has it too.
may_stop() {
  if [ "$1" = always ] || ! systemctl is-active -q docker.service; then return 0; fi
  if [ "$1" = never ]; then
    echo 'docker was started meanwhile, and --restart never was said; run again'
  elif ! running=$(docker_cli ps --format '{{.Names}}'); then
    echo "docker doesn't answer; restart it by hand, then run again"
  elif [ -z "$running" ]; then
    return 0
  elif [ "$2" = kept ] && [ "$(docker_cli info -f '{{.LiveRestoreEnabled}}')" = true ]; then
    return 0
  else
    echo "containers were started meanwhile and would be stopped: $(printf %s "$running" | one_line)"
  fi
  return 1
}
# POLICY CONTAINERS: looked at again right before
guard_restart() { if ! { why=$(may_stop "$1" "$2") && why=$(has_room); }; then fail "$why"; fi; }
# A dockerd that starts where its data has no room starts without its containers, the running ones too, and shows them
# only after another start (20.10.24, run): prints why it isn't to be stopped.
has_room() {
  if ! systemctl is-active -q docker.service; then return 0; fi
  room_under "$(docker_cli info -f '{{.DockerRootDir}}' 2>/dev/null)"
}
room_under() {
  free=$(df -Pk -- "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
  case $free in '' | *[!0-9]*) return 0 ;; esac
  if [ "$free" -ge 1024 ]; then return 0; fi
  echo "no room is left under $1, and a daemon that starts there now would start without its containers: make" \
    "room, then run again"
  return 1
}
# FOLDER: the same of a daemon that is down, whose containers may go on, kept by live-restore
look_room() {
  if [ -z "$(ls -A -- "$1/containers" 2>/dev/null)" ]; then return 0; fi
  why=$(room_under "$1") || fail "$why"
}
# NAME...: authorization plugins, over whose absence a reload ends the daemon, and a start fails (18.06.3, run)
look_plugins() {
  for plugin; do
    for place in "/run/docker/plugins/$plugin" "/run/docker/plugins/$plugin/$plugin" \
      "/etc/docker/plugins/$plugin" "/etc/docker/plugins/$plugin/$plugin" \
      "/usr/lib/docker/plugins/$plugin" "/usr/lib/docker/plugins/$plugin/$plugin"; do
      for kind in sock spec json; do
        if [ -e "$place.$kind" ]; then continue 3; fi
      done
    done
    if [ "$(docker_cli plugin inspect -f '{{.Enabled}}' -- "$plugin" 2>/dev/null)" = true ]; then continue; fi
    fail "the authorization plugin $plugin isn't there: install it first, or take it out of authorization-plugins"
  done
}
enable_unit() {
  systemctl enable "$1" >/dev/null 2>&1
  [ "$(systemctl is-enabled "$1" 2>/dev/null)" = enabled ] || fail "systemctl can't enable $1"
}
# what `shown_as` in Python expects of docker info, a setting in a line; 26.1 has null where 18.06 has []
shown() {
  docker_cli info -f 'registry-mirrors={{json .RegistryConfig.Mirrors}}
live-restore={{.LiveRestoreEnabled}}
debug={{.Debug}}
default-runtime={{json .DefaultRuntime}}
log-driver={{json .LoggingDriver}}
storage-driver={{json .Driver}}
cgroup-driver={{json .CgroupDriver}}' 2>/dev/null | sed 's/=null$/=[]/'
}
# UNIT SETTINGS SINCE: up, answering, and showing these settings; 30 s are given for it. SINCE, in nanoseconds, is when
# a reload was asked for: it has to say that it took all of it up. Empty where there was none. `unseen` is what it
# doesn't show although it is up.
effective() {
  tries=0
  unseen=
  while [ "$tries" -lt 150 ]; do
    if systemctl is-active -q "$1" && seen=$(shown) && [ -n "$seen" ]; then
      unseen=
      if [ -n "$2" ]; then unseen=$(printf '%s\n' "$2" | grep -vxF -e "$seen"); fi
      if [ -z "$unseen" ]; then
        if [ -z "$3" ] || taken_up "$3"; then return 0; fi
      fi
      if [ -n "$3" ] && [ $((tries % 10)) = 9 ] && reload_refused "$1"; then return 1; fi
    elif [ "$(property "$1" ActiveState)" = failed ]; then
      return 1
    fi
    tries=$((tries + 1))
    sleep 0.2
  done
  return 1
}
# SINCE: the event that it sends when a reload went well, with what it took up (18.06.3, run), is left in `event`. It is
# asked for by the second, and shows what is older than the one that runs.
taken_up() {
  event=$(docker_cli events --since "${1%?????????}" --until 0s --filter event=reload \
    --format '{{.TimeNano}} {{json .Actor.Attributes}}' 2>/dev/null | awk -v since="$1" '$1 >= since' | tail -n 1)
  [ -n "$event" ]
}
# UNIT: its log says since the last `confirmed` that it left daemon.json alone
reload_refused() { last_words "$1" "$since" | grep -q 'level=error msg="\(Error reconfiguring\|unable to configure\)'; }
# UNIT SINCE: the daemon's last words, for the operator
last_words() { journalctl -u "$1" --since "$2" -n 20 --no-pager -o cat 2>/dev/null; }
# the daemon.json from before the change that isn't confirmed yet comes back, if there is one
take_back() {
  if [ -e "$pending/etc/docker/daemon.json" ]; then
    put_back "$pending/etc/docker/daemon.json" /etc/docker/daemon.json
  elif [ -e "$pending/etc/docker/daemon.json.absent" ]; then
    rm -f /etc/docker/daemon.json
    settle /etc/docker
  else
    return 1
  fi
  rm -rf "$pending"
  record_back
}
# UNIT SINCE: more of them, for whoever looks later
keep_words() {
  mkdir -p "$state" && chmod 0700 "$state"
  umask 077
  journalctl -u "$1" --since "$2" -n 200 --no-pager 2>/dev/null | hide >"$state/last-words"
  umask 022
}
# ACTION UNIT SETTINGS: once more with the old file if it doesn't come up, or doesn't show them, and never in a loop
confirmed() {
  since=$(date '+%F %T')
  mark=
  if [ "$1" = reload ]; then mark=$(date +%s%N); fi
  systemctl reset-failed "$2" 2>/dev/null
  # a drop-in that is there for a while matters at a boot only, and is not worth a warning
  timed 180 systemctl "$1" "$2" 2>&1 | grep -v '^Warning: '
  if effective "$2" "$3" "$mark"; then
    confirm_way
    settled
    return 0
  fi
  last_words "$2" "$since"
  keep_words "$2" "$since"
  # a reload that the daemon refused is told by its own words
  if [ -n "$unseen" ] && { [ -z "$mark" ] || taken_up "$mark"; }; then
    not_shown=" $(printf %s "$unseen" | base64 | tr -d '\n')"
  else
    not_shown=
  fi
  if [ -n "$watched" ]; then
    watched=
    timed 180 systemctl stop "$2"
    network_back
  fi
  take_back || fail "daemon $1 kept$not_shown"
  settled
  systemctl reset-failed "$2" 2>/dev/null
  # a reload may have ended it, and one that is down can't be reloaded
  if [ "$1" = reload ] && ! systemctl is-active -q "$2"; then timed 180 systemctl start "$2"; fi
  timed 180 systemctl "$1" "$2"
  if effective "$2" '' ''; then fail "daemon $1 taken-back$not_shown"; fi
  fail "daemon $1 taken-back-in-vain$not_shown"
}
start_unit() { confirmed start "$1" "$2"; }
# UNIT SETTINGS POLICY CONTAINERS
restart_unit() {
  if ! { why=$(may_stop "$3" "$4") && why=$(has_room); }; then
    take_back && settled
    fail "$why"
  fi
  confirmed restart "$1" "$2"
}
# BASE64: what the daemon that runs was started with, where its start recorded nothing
record_start() {
  if [ -e /run/docker-provision/started.json ]; then return 0; fi
  umask 077
  mkdir -p /run/docker-provision
  printf %s "$1" | base64 -d >/run/docker-provision/started.json
  umask 022
}
reload_unit() {
  confirmed reload "$1" "$2"
  # what the daemon took up beside what its start recorded, and what it says of that
  umask 077
  mkdir -p /run/docker-provision
  took=/run/docker-provision/reloaded.json
  cp /etc/docker/daemon.json "$took" 2>/dev/null || echo '{}' >"$took"
  printf '%s\n' "${event#* }" >/run/docker-provision/event.json
  umask 022
}
"""
    + removal_shell.LIBRARY
)
