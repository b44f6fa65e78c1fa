"""The shell side of pulling: each layer's progress as it comes, a limit to every wait, what the daemon's log says.

The CLI tells bytes only to a terminal, so `script` gives it one; what it writes there is the same line for a layer
over and over, between movements of the cursor. A mirror that answers /v2/ and is silent then hangs a pull without limit
(18.06.3, run): one that writes nothing for `patience` seconds is ended. The daemon gives it up with its client.
"""

from __future__ import annotations

LIBRARY = r"""
# what a terminal got, in lines without movements of the cursor
plain() { tr '\r' '\n' | tr '\033' '\n' | sed 's/^\[[0-9;]*[A-Za-z]//'; }
# from lines of docker's: what was last said of each layer, in the order in which they came
last_of_layers() {
  awk '
    substr($0, 13, 2) == ": " && substr($0, 1, 12) !~ /[^0-9a-f]/ {
      id = substr($0, 1, 12); said = substr($0, 15)
      if (!(id in last)) order[++n] = id
      last[id] = said
      if (said ~ /^Downloading/ && match(said, /\/[0-9.]+[kMGT]?B/)) total[id] = substr(said, RSTART + 1, RLENGTH - 1)
      next
    }
    /[^ ]/ && whole { print "said " $0 }
    END {
      for (i = 1; i <= n; i++) {
        id = order[i]
        print "layer " id " " (total[id] ? total[id] : "-") " " last[id]
      }
    }
  ' whole="$1"
}
# FROM: progress that came behind that many bytes of the log; what is cut at an end is told next time
tell_progress() {
  tail -c "+$(($1 + 1))" "$kept/log" | plain | sed '$d' | last_of_layers '' | while read -r told; do
    frame step "$told"
  done
}
# REF: in the background, on a terminal of its own
begin_pull() {
  rm -f "$kept/status" "$kept/pid" "$kept/keys"
  : >"$kept/log"
  words="stty cols 150 2>/dev/null; timeout -k 5 $((patience * 10)) docker -H unix:///var/run/docker.sock pull $1 &
    echo \$! >$kept/pid; wait \$!; echo \$? >$kept/ended; mv $kept/ended $kept/status"
  if command -v script >/dev/null; then
    # its terminal ends when its input does
    mkfifo "$kept/keys"
    exec 5<>"$kept/keys"
    SHELL=/bin/sh script -q -f -c "$words" /dev/null <"$kept/keys" >"$kept/log" 2>&1 3>&- 4>&- 9>&- &
  else
    sh -c "$words" </dev/null >"$kept/log" 2>&1 3>&- 4>&- 9>&- &
  fi
  pulling=$!
}
# NAME REF: sections NAME with the layers, NAME-end with status and milliseconds, NAME-log with the daemon's words
pull() {
  frame step "pull $2"
  old=$(docker_cli inspect --type image -f '{{.Id}}' "$2" 2>/dev/null) || old=-
  echo "$2 $old" >>"$kept/images"
  since=$(date '+%F %T')
  began=$(date +%s%N)
  begin_pull "$2"
  size=0 quiet=0
  while [ ! -e "$kept/status" ] && kill -0 "$pulling" 2>/dev/null; do
    sleep 0.3
    now=$(wc -c <"$kept/log")
    if [ "$now" -gt "$size" ]; then
      tell_progress "$size"
      size=$now quiet=0
    else
      quiet=$((quiet + 1))
      if [ "$quiet" -gt $((patience * 10 / 3)) ]; then
        stop_pull
        echo silent >"$kept/silent"
        break
      fi
    fi
  done
  wait "$pulling" 2>/dev/null
  rm -f "$kept/pid"
  tell_progress "$size"
  result=$(cat "$kept/silent" 2>/dev/null || cat "$kept/status" 2>/dev/null || echo lost)
  rm -f "$kept/silent"
  frame begin "$1"
  plain <"$kept/log" | last_of_layers yes
  frame end "$1" 0
  section "$1-end" echo "$result $((($(date +%s%N) - began) / 1000000)) $old"
  words_of_daemon "$since" >"$kept/words"
  section "$1-log" cat "$kept/words"
  [ "$result" = 0 ]
}
# SINCE: those that tell of endpoints that failed
words_of_daemon() {
  journalctl -u docker.service --since "$1" --no-pager -o cat -n 2000 |
    grep -E 'Attempting next endpoint|level=(warning|error|fatal)' | tail -n 60
}
# REF: an image, and the digest and size of each of its layers: what the CLI has is the image's size only, and the
# daemon's own files are the same from 18.06 to 26.1 (where images aren't kept by containerd: then there are none)
image_of() {
  docker_cli inspect --type image -f '{{json .}}' "$1" || return 1
  store=$(docker_cli info -f '{{.DockerRootDir}}/image/{{.Driver}}')
  chain=''
  docker_cli inspect --type image -f '{{range .RootFS.Layers}}{{println .}}{{end}}' "$1" | while read -r diff; do
    if [ -z "$diff" ]; then continue; fi
    if [ -z "$chain" ]; then
      chain=$diff
    else
      chain=sha256:$(printf '%s %s' "$chain" "$diff" | sha256sum | cut -d ' ' -f 1)
    fi
    blob=$(tr , '\n' 2>/dev/null <"$store/distribution/v2metadata-by-diffid/sha256/${diff#sha256:}" |
      sed -n 's/.*"Digest":"\(sha256:[0-9a-f]*\)".*/\1/p' | tail -n 1)
    bytes=$(cat "$store/layerdb/sha256/${chain#sha256:}/size" 2>/dev/null)
    echo "layer $diff ${bytes:--1} ${blob:--}"
  done
}
"""
