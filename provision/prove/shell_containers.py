"""The shell side of the proofs that run containers.

Facts relied on: containers of one image share all of LowerDir but its first entry (18.06.3, run). A memory limit is
shown without an OOM kill, which the host's log would tell of: more is written than fits, and the kernel has to give up
pages of the container's. A page of a file that two processes have mapped counts half for each in Pss.
"""

from __future__ import annotations

LIBRARY = r"""
# NAME IMAGE ARGUMENT...: docker's options, then -- and the command
start() {
  name=$1 image=$2
  shift 2
  options=''
  while [ "$1" != -- ]; do options="$options $1"; shift; done
  shift
  # words of ours, none of which holds a blank
  # shellcheck disable=SC2086
  docker_cli run -d --label "$label" --name "$run-$name" $options "$image" "$@"
}
inside() {
  name=$1
  shift
  docker_cli exec "$run-$name" "$@"
}
inspected() { docker_cli inspect --type container -f '{{json .}}' "$run-$1"; }
waiting() { start "$1" "$2" --network "$run" --entrypoint sh -- -c "echo \"hello from $1 of $run\"; exec sleep 1000"; }
# a regular file below /etc that docker doesn't mount over
# shellcheck disable=SC2016  # for the shell inside
some_file() {
  inside a sh -c 'for f in /etc/issue /etc/debian_version /etc/alpine-release /etc/profile /etc/passwd; do
    if [ -f "$f" ] && [ ! -L "$f" ]; then echo "$f"; break; fi; done'
}
content() { inside "$1" head -c 400 "$2"; }
# IMAGE FILE: as a container that never ran has it
content_of_image() {
  docker_cli create --label "$label" --name "$run-c" "$1" sh >/dev/null || return 1
  docker_cli cp "$run-c:$2" - | tar -xO | head -c 400
}
# A file of the image that both containers run: its device and inode as each has it, and below, and their memory
one_file() {
  for name in a b; do
    pid=$(docker_cli inspect -f '{{.State.Pid}}' "$run-$name")
    file=$(sed -n 's|^[^/]*\(/.*/libc[.-][^/]*\)$|\1|p' "/proc/$pid/maps" | head -n 1)
    if [ -z "$file" ]; then file=$(readlink "/proc/$pid/exe"); fi
    echo "$name $(stat -Lc '%d %i' "/proc/$pid/root$file") $file"
    awk -v name="$name" '
      /^[0-9a-f]+-[0-9a-f]+ / { mapped = $6 ~ /^\// }
      mapped && /^(Rss|Pss|Shared_Clean):/ { sum[$1] += $2 }
      END { print "memory " name " " sum["Rss:"] + 0 " " sum["Pss:"] + 0 " " sum["Shared_Clean:"] + 0 }
    ' "/proc/$pid/smaps"
  done
  docker_cli inspect -f '{{.GraphDriver.Data.LowerDir}}' "$run-a" | tr ':' '\n' | while read -r lower; do
    if [ -e "$lower$file" ]; then
      echo "lower $(stat -c '%d %i' "$lower$file") $lower$file"
      break
    fi
  done
}
# what a container with 32 MiB is left with when it wrote 64; cgroup v1, then v2
# shellcheck disable=SC2016  # for the shell inside
limited() {
  start m "$1" --memory=32m --memory-swap=32m --entrypoint sh -- -c '
    dd if=/dev/zero of=/tmp/fill bs=1048576 count=64 conv=fsync 2>/dev/null
    cd /sys/fs/cgroup
    for f in memory/memory.limit_in_bytes memory/memory.max_usage_in_bytes memory/memory.failcnt \
      memory.max memory.peak memory.events; do
      if [ -r "$f" ]; then echo "$f" $(cat "$f"); fi
    done
    echo "written $(wc -c </tmp/fill)"' >/dev/null || return 1
  timed 60 docker -H unix:///var/run/docker.sock wait "$run-m" </dev/null >/dev/null 9>&-
  docker_cli logs "$run-m"
}
# IMAGE: its own command, with a port on the loopback if it has one
start_own() {
  port=$(docker_cli inspect --type image -f '{{json .Config.ExposedPorts}}' "$2" | tr , '\n' |
    sed -n 's|.*"\([0-9]*\)/tcp".*|\1|p' | head -n 1)
  if [ -n "$port" ]; then
    start "$1" "$2" --network="$run" --publish=127.0.0.1::"$port" --
  else
    start "$1" "$2" --network="$run" --
  fi
}
own() {
  inspected "$1"
  docker_cli logs --tail 15 "$run-$1"
}
answers() {
  place=$(docker_cli port "$run-$1" | sed -n 's/.*-> //p' | head -n 1)
  if [ -z "$place" ]; then echo none; return; fi
  tries=0
  while [ "$tries" -lt 15 ]; do
    code=$(curl -s --noproxy '*' -m 5 -o "$kept/page" -w '%{http_code}' "http://$place/" 9>&-)
    if [ "$code" != 000 ]; then break; fi
    tries=$((tries + 1))
    sleep 0.4
  done
  echo "$place $code $(sed -n 's|.*<title>\(.*\)</title>.*|\1|p' "$kept/page" 2>/dev/null | head -n 1)"
}
# NAME: of a container by docker's own DNS, and a name of the world as container and host have it
names() {
  echo "own $(inside a getent hosts "$run-b" 2>/dev/null ||
    inside a ping -c 1 -w 2 "$run-b" 2>/dev/null | sed -n 's/^PING [^(]*(\([0-9.]*\)).*/\1/p')"
  known=$(timed 10 getent hosts "$1" | head -n 1)
  echo "host $known"
  if [ -n "$known" ]; then echo "inside $(inside a timeout 15 getent hosts "$1" 2>/dev/null | head -n 1)"; fi
}
# CONSENT IMAGE: whether the daemon may restart, by the reason that stands against it
restart() {
  running=$(docker_cli ps --format '{{.Names}}') || return 1
  running=$(echo "$running" | grep -v "^$run-" | one_line)
  if [ "$1" != yes ] && [ -n "$running" ]; then echo "others $running"; return; fi
  if [ "$(systemctl show docker.service -p NeedDaemonReload)" = NeedDaemonReload=yes ]; then
    echo 'pending docker.service'
    return
  fi
  pid=$(systemctl show docker.service -p MainPID | cut -d= -f2)
  file=/etc/docker/daemon.json
  took=/run/docker-provision
  if [ -e "$file" ] && ! cmp -s "$file" $took/started.json && ! cmp -s "$file" $took/reloaded.json; then
    age=$(($(date +%s) - $(stat -Lc %Z "$file")))
    # within one second it can't be told which of the two came first
    if [ -e $took/started.json ] || [ "$age" -le "$(ps -o etimes= -p "$pid" | tr -d ' ')" ]; then
      echo "pending $file"
      return
    fi
  fi
  # the others wouldn't come back, and would be waited for
  docker_cli rm -f -v "$run-a" "$run-b" "$run-own" "$run-web" >/dev/null 2>&1
  # shellcheck disable=SC2016  # for the shell inside
  start r "$2" --restart=always --entrypoint sh -- -c \
    'trap "exit 0" TERM; while :; do sleep 1000 & wait "$!"; done' >/dev/null || return 1
  echo "before $(docker_cli inspect -f '{{.State.Pid}} {{.State.StartedAt}} {{.RestartCount}}' "$run-r") $pid"
  systemctl reset-failed docker.service 2>/dev/null
  since=$(date '+%F %T')
  timed 240 systemctl restart docker.service 9>&-
  tries=0
  until docker_cli version >/dev/null 2>&1 || [ "$tries" -gt 60 ]; do tries=$((tries + 1)); sleep 1; done
  tries=0
  until [ "$(docker_cli inspect -f '{{.State.Running}}' "$run-r" 2>/dev/null)" = true ] || [ "$tries" -gt 40 ]; do
    tries=$((tries + 1))
    sleep 0.5
  done
  echo "after $(docker_cli inspect -f '{{.State.Pid}} {{.State.StartedAt}} {{.State.Running}}' "$run-r") $(
    systemctl show docker.service -p MainPID | cut -d= -f2)"
  if ! systemctl is-active -q docker.service; then
    journalctl -u docker.service --since "$since" -n 20 --no-pager -o cat
  fi
}
"""
