"""What bounds every call of yum: who holds its lock, and other people's repositories that don't answer.

Facts relied on (yum 3.4.3, run): the lock is waited for without end unless exit_on_lock; any live process with the
number in yum.pid counts as its holder; a black hole costs retries x timeout in each call that meets it; a dead foreign
repository is passed over by `*.skip_if_unavailable`, which must not count for ours. curl ends with 28 where time is up.
"""

from __future__ import annotations

BOUNDS = r"""
waited=0
silent=
lock_alive() {
  holder=$(cat /var/run/yum.pid 2>/dev/null) && [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null
}
# PID: what it is, and since when
process() {
  since=$(date -d "$(ps -o lstart= -p "$1")" '+%F %T %z')
  printf 'process %s (%s) since %s' "$1" "$(tr '\0' ' ' <"/proc/$1/cmdline" | one_line)" "$since"
}
# Waits for whoever holds yum's lock: for lock_timeout seconds over all calls of yum, then gives up.
await_yum() {
  if lock_alive; then frame wait "yum's lock is held by $(process "$holder"): waiting"; fi
  while lock_alive; do
    if [ "$waited" -ge "$lock_timeout" ]; then
      fail "yum's lock is held by $(process "$holder"), still after $lock_timeout s: run again when it has ended," \
        "or give more time by --lock-timeout"
    fi
    waited=$((waited + 1))
    sleep 1
    halt "yum's lock was free"
  done
}
# ARGS...: yum, bounded in everything that it would wait for. Descriptor 3 is where our frames go: a scriptlet that
# leaves something running must not keep it.
yum_bounded() {
  while :; do
    await_yum
    yum -y --setopt=exit_on_lock=1 --setopt='*.retries=2' --setopt='*.timeout=15' \
      --setopt='*.skip_if_unavailable=1' --setopt=docker-ce-stable.skip_if_unavailable=0 \
      ${silent:+"--disablerepo=$silent"} "$@" 3>&-
    yum_status=$?
    if [ "$yum_status" = 0 ] || ! lock_alive; then return "$yum_status"; fi
  done
}
# FOLDER: the host's repository files into it, without ours; what lies there already stands for the host's own
copy_repositories() {
  for file in /etc/yum.repos.d/*.repo; do
    case $file in */docker-ce.repo | '/etc/yum.repos.d/*.repo') continue ;; esac
    if [ ! -e "$1/${file##*/}" ]; then cp "$file" "$1/"; fi
  done
}
# FOLDER of repository files: every server that they name is asked at once, so that black holes cost 15 s in all and
# not 30 s each, call by call. What doesn't answer is left out of this run. Whose requests go through a proxy can't be
# told by asking.
ask_around() {
  if grep -qs '^[[:space:]]*proxy[[:space:]]*=' /etc/yum.conf; then return 0; fi
  list_servers "$1"/*.repo >"$look/servers"
  cut -d' ' -f2 "$look/servers" | sort -u >"$look/asked"
  while read -r server; do
    { curl -sIo /dev/null -m 15 "$server"; [ $? != 28 ] || echo "$server" >>"$look/holes"; } </dev/null &
  done <"$look/asked"
  wait
  if [ ! -e "$look/holes" ]; then return 0; fi
  silent=$(awk 'NR == FNR { hole[$1]; next } { seen[$1] } !($2 in hole) { answers[$1] }
    END { for (id in seen) if (!(id in answers)) print id }' "$look/holes" "$look/servers" | sort | tr '\n' ' ')
  silent=$(printf %s "$silent" | sed 's/ *$//; s/ /,/g')
  if [ -n "$silent" ]; then frame note "left out, for nobody answers there within 15 s: $silent"; fi
}
# FILE...: "ID URL" of every enabled section, a line for each server; without path, user and password
list_servers() {
  awk '
    function tell(  count, i, url) {
      count = on && proxy == "" ? split(urls, url, /[ \t,]+/) : 0
      for (i = 1; i <= count; i++)
        if (url[i] ~ /^(https?|ftp):\/\/[^\/$]+/) {
          sub(/\/\/[^\/]*@/, "//", url[i])
          match(url[i], /^[a-z]+:\/\/[^\/]+/)
          print id, substr(url[i], 1, RLENGTH) "/"
        }
      on = 0
    }
    { sub(/\r$/, "") }
    FNR == 1 { tell() }
    /^[ \t]*([#;]|$)/ { next }
    /^\[/ {
      tell()
      id = substr($0, 2, index($0, "]") - 2); on = id != "docker-ce-stable"; proxy = urls = key = ""
      next
    }
    /^[ \t]/ { if (key ~ /^(baseurl|mirrorlist|metalink)$/) urls = urls " " $0; next }
    {
      match($0, /[=:]/)
      key = tolower(substr($0, 1, RSTART - 1)); value = substr($0, RSTART + 1)
      gsub(/[ \t]/, "", key); sub(/^[ \t]+/, "", value); sub(/[ \t]+$/, "", value)
      if (key == "enabled") on = on && tolower(value) ~ /^(1|yes|true|on)$/
      if (key == "proxy") proxy = value == "_none_" ? "" : value
      if (key ~ /^(baseurl|mirrorlist|metalink)$/) urls = urls " " value
    }
    END { tell() }
  ' "$@"
}
"""
