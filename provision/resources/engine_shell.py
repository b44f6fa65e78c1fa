"""The shell side of a change of version: what is stopped before it, what comes back behind it, and the way back.

With what `Packages` and `Unit` have. Facts relied on: every version's scriptlets restart a docker that runs, so that
none runs meanwhile (spec files); from 18.06 to 18.09 the shim's name changed, and one that is left behind holds its
ports (moby#39432); a container that was stopped by hand comes back with the daemon only if it has the restart policy
`always` (18.06.3, run).
"""

from __future__ import annotations

LIBRARY = r"""
# POLICY CONTAINERS PACKAGES GONE COMMAND...: the packages of an engine that is there. It is stopped for it, and what
# follows in the same stage starts it.
change_engine() {
  guard_restart "$1" "$2"
  halt_engine "$2"
  shift 2
  keep_settings
  change "$@" || { engine_back; fail "$why $back"; }
  changed_packages=yes
  settings_back
}
# daemon.json may belong to a package that goes (the distribution's docker has it), which takes it along, or puts it
# aside if it was changed: it stays as it was. What was put aside earlier isn't touched.
keep_settings() {
  if [ -f /etc/docker/daemon.json ]; then cp -pL /etc/docker/daemon.json "$look/daemon.json"; fi
  put_aside >"$look/aside"
}
put_aside() {
  for file in /etc/sysconfig/docker*.rpmsave /etc/docker/*.rpmsave; do
    if [ -e "$file" ]; then printf '%s\n' "$file"; fi
  done | sort
}
settings_back() {
  if [ ! -e "$look/daemon.json" ] || [ -e /etc/docker/daemon.json ]; then return 0; fi
  make_folder /etc/docker && copy "$look/daemon.json" /etc/docker/daemon.json
  if ! grep -qx /etc/docker/daemon.json.rpmsave "$look/aside"; then rm -f /etc/docker/daemon.json.rpmsave; fi
}
# CONTAINERS: "kept" by live-restore, or ended in order before the daemon is
halt_engine() {
  ran=
  if systemctl is-active -q docker.service; then
    ran=yes
    if [ "$1" != kept ] || [ "$(docker_cli info -f '{{.LiveRestoreEnabled}}')" != true ]; then stop_containers; fi
  fi
  # the socket too: whoever asks it would start the engine again
  timed 180 systemctl stop docker.service docker.socket 2>/dev/null
  if systemctl is-active -q docker.service; then fail "docker.service doesn't stop: see \`journalctl -u docker\`"; fi
  if [ "$1" != kept ] && left=$(shims); then
    if [ -n "$ran" ]; then timed 180 systemctl start docker.service && start_stopped all; fi
    fail "containers go on although docker.service was stopped (processes$left): end them, then run again"
  fi
}
# nothing runs that no daemon could stop in order
look_alone() {
  if systemctl is-active -q docker.service || ! left=$(shims); then return 0; fi
  fail "containers run although docker.service doesn't (processes$left): start docker, or end them, then run again"
}
# the processes that look after a container of docker's; one inside of another container is not this host's
shims() {
  found=
  for pid in $(pgrep '^(docker-containe|containerd-shim)'); do # names are cut there
    # shellcheck disable=SC3013 # dash and bash have -ef
    if [ ! "/proc/$pid/ns/pid" -ef "/proc/$$/ns/pid" ]; then continue; fi
    case " $(tr '\0' ' ' <"/proc/$pid/cmdline") " in *' -namespace moby '*) found="$found $pid" ;; esac
  done
  echo "$found"
  [ -n "$found" ]
}
# each container that runs, the youngest first, for who was started later may need the others. What is stopped is
# written down before, so that it comes back even if this run doesn't.
stop_containers() {
  running=$(docker_cli ps -q --no-trunc) || fail "docker doesn't answer; restart it by hand, then run again"
  mkdir -p "$state" || fail "can't write under $state"
  # of an earlier run that was cut off only what is still to be started
  if [ -e "$state/stopped-containers" ]; then sed -i '/ no /d' "$state/stopped-containers"; fi
  for container in $running; do
    told=$(docker_cli inspect -f '{{json .Config.StopTimeout}} {{or .HostConfig.RestartPolicy.Name "no"}} {{.Name}}' \
      "$container") || continue # it has ended
    patience=${told%% *} told=${told#* }
    name=${told#*/}
    case $patience in *[!0-9]*) patience=10 ;; esac
    echo "$container ${told%% *} $name" >>"$state/stopped-containers"
    echo "stopping $name"
    said=$(timed $((patience + 60)) docker -H unix:///var/run/docker.sock stop "$container" 2>&1) && continue
    why="the container $name doesn't stop ($(printf %s "$said" | one_line)): stop it by hand, then run again"
    start_stopped all
    fail "$why"
  done
}
# WHICH: of the containers that were stopped "all", or "owed": those with a restart policy; the oldest first
start_stopped() {
  if [ ! -e "$state/stopped-containers" ]; then return 0; fi
  down=
  for container in $(tac "$state/stopped-containers" | awk '!seen[$1]++ { print $1 }'); do
    # gone by now: it was run with --rm
    told=$(docker_cli inspect -f '{{or .HostConfig.RestartPolicy.Name "no"}} {{.Name}}' "$container" 2>/dev/null) ||
      continue
    name=${told#*/}
    if [ "$1" = owed ] && [ "${told%% *}" = no ]; then continue; fi
    echo "starting $name"
    said=$(timed 120 docker -H unix:///var/run/docker.sock start "$container" 2>&1) ||
      down="$down; $name: $(printf %s "$said" | one_line)"
  done
  if [ -n "$down" ]; then return 1; fi
  rm -f "$state/stopped-containers"
}
start_owed() {
  start_stopped owed || fail "the engine runs, but containers that were stopped for this don't start again$down"
}
# UNIT SETTINGS: an engine whose packages were changed in this run. If it doesn't come up, all is put back, once.
start_changed_unit() {
  since=$(date '+%F %T')
  systemctl reset-failed "$1" 2>/dev/null
  # one that has hundreds of containers to look after takes its time
  timed 600 systemctl start "$1"
  if ! effective "$1" "$2" ''; then
    last_words "$1" "$since"
    keep_words "$1" "$since"
    if [ -n "$unseen" ]; then echo "it runs, but doesn't show $(printf %s "$unseen" | one_line)"; fi
    engine_back
    fail "engine $back"
  fi
  start_owed
  # It runs as asked for. If that cuts the host off, daemon.json goes back, which says how the network is to be, and the
  # packages stay, and stay ours.
  remaining_sum=
  confirm_way
  enable_unit "$1"
  settled
}
# The packages and the daemon.json from before, the engine and all that ran with it; $back says how far that came.
engine_back() {
  back=in-vain
  timed 180 systemctl stop docker.service docker.socket 2>/dev/null
  settings_back
  put_packages_back >"$look/back.log" 2>&1 3>&- || { cat "$look/back.log"; return 0; }
  put_aside | comm -13 "$look/aside" - | while read -r file; do mv -f -- "$file" "${file%.rpmsave}"; done
  take_back || record_back
  settled
  systemctl daemon-reload
  if [ -n "$ran" ]; then
    systemctl reset-failed docker.service 2>/dev/null
    timed 180 systemctl start docker.service
    effective docker.service '' '' || return 0
    start_stopped all || frame note "containers that ran before don't start again$down"
  fi
  back=back
}
# From the files that the look kept, by rpm: whatever a yum that broke off has left is put right so, and no repository
# is asked.
put_packages_back() {
  installed_names | comm -13 "$look/before" - >"$look/came"
  set -- "$look"/back/*.rpm
  old=$(for file; do basename "$file" .rpm; done)
  # words for each name
  # shellcheck disable=SC2046,SC2086
  if [ ! -s "$look/came" ] && rpm -V --nodeps --noconfig $old >/dev/null 2>&1; then return 0; fi
  # shellcheck disable=SC2046
  if [ -s "$look/came" ]; then rpm -e --nodeps -- $(cat "$look/came") || return 1; fi
  rpm -U --oldpackage --replacepkgs --replacefiles "$@" || return 1
  for package in $old; do rpm -q "$package" || return 1; done
  grep -vxFf "$look/came" "$state/brought-packages" >"$look/brought"
  cp "$look/brought" "$state/brought-packages"
}
"""
