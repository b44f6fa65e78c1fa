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
# FOLDER of repository files: every server that they name is asked at once, each through the proxy that yum would take,
# so that black holes cost 15 s in all and not 30 s each, call by call. What doesn't answer is left out of this run.
ask_around() {
  list_servers "$look/ask" '' "$1"/*.repo >"$look/servers"
  for server in "$look"/ask/*; do
    if [ ! -e "$server" ]; then continue; fi
    { curl -sIo /dev/null -m 15 -K "$server"; [ $? != 28 ] || echo "${server##*/}" >>"$look/holes"; } </dev/null &
  done
  wait
  if [ ! -e "$look/holes" ]; then return 0; fi
  silent=$(awk 'NR == FNR { hole[$1]; next } { seen[$1] } !($2 in hole) { answers[$1] }
    END { for (id in seen) if (!(id in answers)) print id }' "$look/holes" "$look/servers" | sort | tr '\n' ' ')
  silent=$(printf %s "$silent" | sed 's/ *$//; s/ /,/g')
  if [ -n "$silent" ]; then frame note "left out, for nobody answers there within 15 s: $silent"; fi
}
# FOLDER ONLY FILE...: "ID N" of every enabled section, or of the one that is named, a line for each server; FOLDER/N
# has curl ask it, through the proxy of the section or of yum.conf. In a file, since a command line is for all to see.
# Of the server itself neither path nor user and password.
list_servers() {
  folder=$1 only=$2; shift 2
  rm -rf "$folder" && mkdir -m 0700 "$folder" || fail "can't write under $look"
  if [ -r /etc/yum.conf ]; then set -- /etc/yum.conf "$@"; fi
  (umask 077; awk -v folder="$folder" -v only="$only" '
    function quoted(text) { gsub(/[\\"]/, "\\\\&", text); return "\"" text "\"" }
    function given(option) { return option in set ? set[option] : main[option] }
    function file(server,  through, login, key, name) {
      through = given("proxy")
      login = given("proxy_username") ":" given("proxy_password")
      key = server SUBSEP through SUBSEP login
      if (key in number) return number[key]
      number[key] = ++files
      name = folder "/" files
      print "url = " quoted(server) >name
      if (through == "_none_") print "noproxy = \"*\"" >name
      else if (through != "") {
        print "proxy = " quoted(through) >name
        if (login !~ /^:/) print "proxy-user = " quoted(login) >name
      }
      close(name)
      return files
    }
    function tell(  count, i, url) {
      count = on ? split(urls, url, /[ \t,]+/) : 0
      for (i = 1; i <= count; i++)
        if (url[i] ~ /^(https?|ftp):\/\/[^\/$]+/) {
          sub(/\/\/[^\/]*@/, "//", url[i])
          match(url[i], /^[a-z]+:\/\/[^\/]+/)
          print id, file(substr(url[i], 1, RLENGTH) "/")
        }
      on = 0
    }
    { sub(/\r$/, "") }
    FNR == 1 { tell() }
    /^[ \t]*([#;]|$)/ { next }
    /^\[/ {
      tell()
      id = substr($0, 2, index($0, "]") - 2)
      on = id != "main" && (only != "" ? id == only : id != "docker-ce-stable")
      urls = key = ""; split("", set)
      next
    }
    /^[ \t]/ { if (key ~ /^(baseurl|mirrorlist|metalink)$/) urls = urls " " $0; next }
    {
      match($0, /[=:]/)
      key = tolower(substr($0, 1, RSTART - 1)); value = substr($0, RSTART + 1)
      gsub(/[ \t]/, "", key); sub(/^[ \t]+/, "", value); sub(/[ \t]+$/, "", value)
      if (key == "enabled") on = on && tolower(value) ~ /^(1|yes|true|on)$/
      if (id == "main") main[key] = value
      else set[key] = value
      if (key ~ /^(baseurl|mirrorlist|metalink)$/) urls = urls " " value
    }
    END { tell() }
  ' "$@")
}
"""
