"""The shell side of proving: what is brought to the host, and how all of it goes again.

Containers and networks carry a label. An image can't: what is to be put back is written down before its pull, in
/var/lib/docker-provision/prove, which goes with the last of it. So whatever ends a run, a kill -9 included, the next
one finds what it left. A session that is lost is noticed because every second something is written to its stderr (4).

Facts relied on: the CLI waits for a hung daemon without limit, and so does a pull for a mirror that goes silent; `rmi`
of a name whose image has another only takes the name away, and without -f it leaves an image that a container uses
(18.06.3, run).
"""

from __future__ import annotations

LABEL = "docker-provision.prove"

LIBRARY = r"""
label=@LABEL@
kept=$state/prove
unset DOCKER_CONTENT_TRUST
docker_cli() { timed 60 docker -H unix:///var/run/docker.sock "$@" </dev/null 4>&- 9>&-; }
# NAME COMMAND...: what it prints, and its status
section() {
  part=$1
  shift
  frame begin "$part"
  ( "$@" ) 2>&1
  frame end "$part" $?
}
# Says every second that the run goes on, and ends it when nobody listens any more; the shell may be gone by kill -9.
beat() {
  trap '' PIPE
  while sleep 1 >/dev/null 2>&1 3>&- 4>&- && kill -0 "$$" 2>/dev/null; do
    printf ' ' 2>/dev/null >&4 || kill -TERM "$$"
  done
}
# A pull that goes on although nobody waits for it: its process is known by its number and its words.
stop_pull() {
  if ! puller=$(cat "$kept/pid" 2>/dev/null); then return; fi
  if tr '\0' ' ' <"/proc/$puller/cmdline" 2>/dev/null | grep -q 'docker.* pull '; then kill "$puller"; fi
  rm -f "$kept/pid"
}
# REF ID: the name leads to the image that it led to before (- for none). What came with it goes.
put_back() {
  now=$(docker_cli inspect --type image -f '{{.Id}}' "$1" 2>/dev/null) || now=
  if [ "$2" = - ]; then
    if [ -z "$now" ]; then return; fi
    # the last name of an image that had none: with it the image would go
    tags=$(docker_cli image inspect -f '{{len .RepoTags}}' "$1")
    case $1 in *@*) last=0 ;; *) last=1 ;; esac
    if [ "$tags" = "$last" ] && grep -q " $now\$" "$kept/before"; then
      frame note "$1 names an image that was here without a name: it stays"
    else
      docker_cli rmi "$1" >/dev/null 2>&1 || frame note "$1 stays: something uses it by now"
    fi
  elif [ "$now" = "$2" ]; then
    # names by digest that the pull added
    docker_cli image inspect -f '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | while read -r digest; do
      if [ -n "$digest" ] && ! grep -qF " $digest " "$kept/before"; then docker_cli rmi "$digest" >/dev/null 2>&1; fi
    done
  else
    docker_cli tag "$2" "$1"
    if [ -n "$now" ] && ! grep -q " $now\$" "$kept/before"; then docker_cli rmi "$now" >/dev/null 2>&1; fi
  fi
}
# Takes away all that any run brought. Fails, with all kept for the next run, where docker doesn't answer.
sweep() {
  stop_pull
  left=$(docker_cli ps -aq --filter "label=$label") || return 1
  # a word for each
  # shellcheck disable=SC2086
  if [ -n "$left" ]; then docker_cli rm -f -v $left >/dev/null 2>&1; fi
  networks=$(docker_cli network ls -q --filter "label=$label") || return 1
  # shellcheck disable=SC2086
  if [ -n "$networks" ]; then docker_cli network rm $networks >/dev/null 2>&1; fi
  if [ -e "$kept/images" ]; then
    while read -r ref id; do put_back "$ref" "$id" </dev/null; done <"$kept/images"
  fi
  if [ -n "$(docker_cli ps -aq --filter "label=$label")$(docker_cli network ls -q --filter "label=$label")" ]; then
    return 1
  fi
  rm -rf "$kept"
  rmdir "$state" 2>/dev/null
  return 0
}
# at every end
tidy() {
  trap '' HUP INT TERM PIPE
  sweep || frame note "something was left behind, for docker didn't answer: the next run takes it away"
  kill "$beating" 2>/dev/null
}
# the host is this run's, and whatever ends it, all that it brings goes
enter() {
  beat 9>&- &
  beating=$!
  trap 'kill "$beating" 2>/dev/null' EXIT
  take_lock
  begin
  trap tidy EXIT
  trap 'exit 1' HUP INT TERM PIPE
}
begin() {
  systemctl is-active -q docker.service || fail "docker.service isn't active: run setup-docker, or start it"
  docker_cli version >/dev/null 2>&1 || fail "docker doesn't answer: look at \`journalctl -u docker\`"
  if [ -e "$kept" ] || [ -n "$(docker_cli ps -aq --filter "label=$label")" ]; then
    sweep || fail "what an earlier run left can't be taken away: look at \`docker ps -a --filter label=$label\`"
    frame note 'an earlier run was cut off: what it had left is gone'
  fi
  mkdir -p "$kept" || fail "can't make $kept"
  chmod 700 "$state" "$kept"
  # a line for each name: name:tag, name@digest (an image without a name has <none>), id
  docker_cli images -a --digests --no-trunc \
    --format '{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}} {{.ID}}' >"$kept/before" ||
    fail "docker doesn't list its images"
}
""".replace("@LABEL@", LABEL)
