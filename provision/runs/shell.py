"""The shell side of runs: what both the run itself and whoever begins or follows it call on the host.

A run is a folder, /var/lib/docker-provision/runs/ID, and a unit, docker-provision-ID.service:

    about      who runs what, as JSON; written before anything else
    script     what the unit runs; it goes as soon as sh has read it whole, for it may hold secrets
    log        all that the run says, frames included, without secrets; `pipe` is the way to it for a moment
    status     once it has ended: "EXIT-STATUS SECONDS-SINCE-1970", and below its verdict
    asked      while it waits for somebody to come back over a new connection, and `returned` once one has

Where secrets lie while a run is under way, for root alone: in `script`, until sh has read it; in the files that are to
hold them (the section of our repository, the daemon's environment), in their copies beside them until these are
renamed, and in the look's own folder below /var/tmp, which goes with the run. What a power cut leaves of it the next
run takes away: `tidy`, `sweep_looks`, `aside`. Never in the log: see `hiding`.

Facts relied on (systemd 219, its source): systemd-run doesn't wait for the process; a transient unit may be given a
KillMode, but no TimeoutStopSec; a unit that failed stays loaded until `reset-failed`. tail (coreutils 8.22) with
--pid looks at the file once more behind the process's end.
"""

from __future__ import annotations

KEPT = 100
"""Runs of which a host keeps who did what, the newest first."""

LOGS_KEPT = 20
"""Runs of which it keeps the log too."""

LIBRARY = r"""
runs_kept=@KEPT@ logs_kept=@LOGS_KEPT@
lock=/run/docker-provision.lock
# ID: whether its unit is at work
under_way() { systemctl is-active -q "docker-provision-$1.service"; }
# ID: its unit's process, 0 where there is none
main_pid() { systemctl show "docker-provision-$1.service" -p MainPID | cut -d= -f2; }
# ID: processes of it, whether or not their unit is still at work
left_of() { grep -ls "/docker-provision-$1\.service" /proc/[0-9]*/cgroup | cut -d/ -f3; }
holding_run() { sed -n 's/^run //p' "$lock" 2>/dev/null; }
# who holds the host, since when, and by which run
holder() {
  grep -v '^run ' "$lock" | one_line
  held=$(holding_run)
  if [ -z "$held" ]; then return 0; fi
  printf ' (run %s)' "$held"
  if ! under_way "$held"; then
    printf '; that run has died, but what it began still works: %s' "$(processes "$(left_of "$held")")"
  fi
}
# PIDS: each with its command
processes() {
  for process in $1; do
    printf 'process %s (%s) ' "$process" "$(tr '\0' ' ' <"/proc/$process/cmdline" 2>/dev/null | cut -c-80 | one_line)"
  done | one_line
}
""".replace("@KEPT@", str(KEPT)).replace("@LOGS_KEPT@", str(LOGS_KEPT))

LOCK = r"""
# One run at a time on a host. The file is never unlinked: a lock on an unlinked file would hold nothing. What the run
# calls has the lock too, and so has yum if the run is killed over it; rpm's scriptlets get no open files, so that a
# daemon started by one holds nothing.
take_lock() {
  # tried first: where exec can't open a file, the shell ends at once, with no word of ours
  (umask 077; true >>"$lock") || fail "can't open $lock: see the host's /run"
  exec 9>>"$lock"
  stale=
  if ! flock -n 9; then
    stale=yes
    frame wait "another run holds this host: $(holder)"
    flock -w "$lock_timeout" 9 ||
      fail "another run holds this host: $(holder), still after $lock_timeout s: run again when it has ended, or" \
        "give more time by --lock-timeout; \`attach\` shows what it does"
  fi
  : >"$lock"
  printf '%s\n' "$owner" "since $(date '+%F %T %z')" >&9
  # where it has a unit, by which it can be told from one that died
  if [ -n "$run_id" ]; then echo "run $run_id" >&9; fi
}
"""

SUPERVISE = r"""
stop=
# between two changes or while it waits, and never within one
halt() { if [ -n "$stop" ]; then fail "stopped on the host, before $1; run again, it goes on from what it finds"; fi; }
# SECONDS: whether somebody comes back over a new connection: one that was there already tells nothing
await_return() {
  true >"$run/asked"
  frame confirm "connecting anew: the host takes this back unless that works within $1 s"
  tries=0
  until [ -e "$run/returned" ] || [ "$tries" -ge $(($1 * 5)) ]; do
    tries=$((tries + 1))
    sleep 0.2
  done
  rm -f "$run/asked"
  [ -e "$run/returned" ] && rm -f "$run/returned"
}
# what a run leaves that ended amid something that isn't to stay so; libraries say more
abandoned() { :; }
work() {
  trap 'stop=yes' TERM
  rm -f "$run/script"
  take_lock
  # not before: a yum that outlives its run still installs from there, and holds the lock
  sweep_looks
  # what was planned before somebody else changed the host isn't done: it is read and planned anew
  if [ -n "$stale" ]; then frame stale; else main; fi
}
# All that was said is in the log. What the run left working may go on to say something, and isn't waited for. A process
# that has ended has no program any more, though it is there until its shell asks for it.
last_said() {
  exec >/dev/null 2>&1 3>&1 7>&-
  tries=0
  while [ -e "/proc/$relay/exe" ] && [ "$tries" -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
}
# The unit's process. Whatever becomes of the run, a unit that ends well is gone, and no monitoring finds one that
# failed. Whoever stops the unit stops the run before its next change: yum, or the daemon's restart, comes to its end.
supervise() {
  logger -t docker-provision "run $run_id: $command by $owner"
  relay <"$run/pipe" 3>&- &
  relay=$!
  exec >"$run/pipe" 2>&1 3>&1
  # Whoever writes there can read it too, so that whatever kills the relay doesn't kill yum by a pipe that nobody reads:
  # what it says then stays in the pipe.
  exec 7<>"$run/pipe"
  rm -f "$run/pipe"
  work &
  worker=$!
  trap 'kill -s TERM "$worker" 2>/dev/null' TERM
  wait "$worker"
  ended=$?
  # a signal ends the waiting, not the run
  while kill -0 "$worker" 2>/dev/null; do
    wait "$worker"
    ended=$?
  done
  abandoned
  rm -rf "$given"
  last_said
  said=$(sed -n "s/^$nonce \(refuse\|fail\) /\1 /p" "$run/log" | tail -n 1)
  # in place: it has its room on the disk already
  printf '%s %s\n%s\n' "$ended" "$(date +%s)" "$said" 1<>"$run/status"
  # without the verdict's words: others than root read the system's log
  outcome=${said%% *}
  logger -t docker-provision "run $run_id ended: ${outcome:-exit status $ended}"
  exit 0
}
"""

LAUNCH = r"""
no_room() { forget "$1"; fail "can't write under $state: is the file system full, or read-only?"; }
# What earlier runs left: a script of one that died, for it may hold secrets; a unit that failed; too many folders.
tidy() {
  for script in "$runs"/*/script; do
    folder=${script%/script}
    if [ -e "$script" ] && ! under_way "${folder##*/}"; then rm -f -- "$script"; fi
  done
  timed 20 systemctl reset-failed 'docker-provision-*.service' 2>/dev/null
  count=0
  find "$runs" -mindepth 2 -maxdepth 2 -name about -printf '%T@ %h\n' | sort -rn | cut -d' ' -f2- |
    while read -r folder; do
      count=$((count + 1))
      if [ "$count" -lt "$logs_kept" ] || under_way "${folder##*/}"; then continue; fi
      if [ "$count" -lt "$runs_kept" ]; then rm -f -- "$folder/log"; else rm -rf -- "$folder"; fi
    done
}
# what a login has and a unit hasn't: yum goes by these. In the script, where no process list shows a password.
proxies() {
  for name in http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
  do
    eval "value=\${$name-}"
    # set by the line above
    # shellcheck disable=SC2154
    if [ -z "$value" ]; then continue; fi
    printf "export %s\n%s='%s'\n" "$name" "$name" "$(printf %s "$value" | sed "s/'/'\\\\''/g")"
  done
}
# FILE BYTES: room for it on the disk, where the file system can promise that; its length stays as it is
reserve() {
  said=$(fallocate -n -l "$2" "$1" 2>&1) && return 0
  case $said in *'No space'*) return 1 ;; esac
  true >>"$1"
}
# ID ABOUT TEXT: a run with that text begins, apart from this session
launch() {
  umask 077
  run=$runs/$1
  mkdir -p "$runs" && chmod 0700 "$state" || no_room "$1"
  # one at a time, or one would tidy away what the other is about to run
  exec 8<"$runs"
  flock -w 60 8 || fail "another run is just being begun and doesn't get on: run again"
  tidy
  mkdir "$run" && printf %s "$2" >"$run/about" &&
    reserve "$run/log" 262144 && reserve "$run/status" 4096 && mkfifo "$run/pipe" || no_room "$1"
  printf 'exec </dev/null >>%s/log 2>&1\n' "$run" >"$run/script" && proxies >>"$run/script" &&
    printf '%s\nsupervise\n' "$3" >>"$run/script" || no_room "$1"
  said=$(timed 60 systemd-run --unit="docker-provision-$1" --description="docker-provision run $1" \
    -p KillMode=process /bin/sh "$run/script" 2>&1) || { forget "$1"; fail "systemd-run can't begin the run: $said"; }
  await_process "$1"
  exec 8<&-
}
# ID: systemd says that it has begun before there is a process
await_process() {
  tries=0
  until [ "$(main_pid "$1")" != 0 ] || [ -s "$run/status" ]; do
    if [ "$tries" -ge 300 ]; then
      timed 120 systemctl stop "docker-provision-$1.service"
      forget "$1"
      fail "systemd has begun no process for the run within a minute: see \`journalctl -u docker-provision-$1\`"
    fi
    tries=$((tries + 1))
    sleep 0.2
  done
}
"""

FORGET = r"""
# ID: nothing is kept of it, and no empty folder of ours
forget() {
  rm -rf -- "${runs:?}/$1" "$scratch/docker-provision.given-$1"
  rmdir -- "$runs" "$state" 2>/dev/null
}
"""

FOLLOW = r"""
# ID OFFSET: what the run has said from that byte on, then what it says, up to its end; 0 if it ended well
follow() {
  run=$runs/$1
  if [ ! -d "$run" ]; then
    frame note "nothing is there of run $1: it wasn't begun, or it ended over a lost connection and its verdict with it"
    return 0
  fi
  pid=$(main_pid "$1")
  if [ "$pid" != 0 ]; then
    tail -c "+$2" -s 0.1 -f --pid="$pid" "$run/log" || exit 1
  else
    tail -c "+$2" "$run/log" || exit 1
  fi
  if [ ! -s "$run/status" ]; then
    # it died, and its unit with it
    timed 20 systemctl reset-failed "docker-provision-$1.service" 2>/dev/null
    return 1
  fi
  # of a run that did nothing, or on a host that has nothing of ours, nothing stays once whoever followed has heard it
  if [ ! -e "$state/record.json" ] || grep -qx "@$1 stale" "$run/log"; then frame leave "$1"; fi
  read -r ended _ <"$run/status"
  return "$ended"
}
"""

RETURN = r"""
# ID OFFSET: the same over a new connection, of which the run hears if it waits for one
come_back() {
  if [ -e "$runs/$1/asked" ]; then true >"$runs/$1/returned"; fi
  follow "$1" "$2"
}
"""

HISTORY = r"""
encoded() { if [ -s "$1" ]; then base64 -w 0 "$1"; else printf -; fi; }
# each run in a line: ID SECONDS WAY STATUS ABOUT
list_runs() {
  for about in "$runs"/*/about; do
    folder=${about%/about}
    if [ ! -e "$about" ]; then continue; fi
    way=no
    if [ ! -s "$folder/status" ] && under_way "${folder##*/}"; then way=yes; fi
    echo "${folder##*/} $(stat -c %Y "$about") $way $(encoded "$folder/status") $(encoded "$about")"
  done
}
"""

UNLOCK = r"""
free() { flock -w "$1" "$lock" true; }
# ID: the run that holds the host ends, at its next step if it can; nobody else's lock is taken
unlock() {
  if [ ! -e "$lock" ] || free 0; then
    frame note "nobody holds this host"
    return 0
  fi
  held=$(holding_run)
  [ "$held" = "$1" ] || fail "this host isn't held by run $1: $(holder)"
  frame step "run $1 ends behind the change that is under way"
  systemctl --no-block stop "docker-provision-$1.service"
  if free "$lock_timeout"; then return 0; fi
  left=$(left_of "$1")
  frame step "asked to end: $(processes "$left")"
  # a word for each process
  # shellcheck disable=SC2086
  kill -s TERM $left 2>/dev/null
  if free "$lock_timeout"; then return 0; fi
  verdict=fail
  fail "run $1 doesn't end: $(processes "$(left_of "$1")") still works; look at it on the host, and end it there"
}
"""
