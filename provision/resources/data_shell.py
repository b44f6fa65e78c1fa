"""The shell side of `Data`: where the engine's data lies, whether it may be deleted, and how it is.

Facts relied on: what lies in a data-root is named by moby's own code (18.06 to 26.1), in containerd's by its plugins;
mountinfo writes a blank as \040; rm has --one-file-system since coreutils 8.
"""

from __future__ import annotations

LIBRARY = r"""
# FOLDER: what is mounted below it, by the rest of its path
mounts_below() {
  folder=$1 awk '{ gsub(/\\040/, " ", $5) } index($5, ENVIRON["folder"] "/") == 1 {
    print substr($5, length(ENVIRON["folder"]) + 2) }' /proc/self/mountinfo
}
is_mount() {
  folder=$1 awk '{ gsub(/\\040/, " ", $5) } $5 == ENVIRON["folder"] { found = 1 } END { exit !found }' \
    /proc/self/mountinfo
}
# KIND FOLDER: what lies there and isn't of that kind; everything for `all`. mkfs's own folder never counts.
entries() {
  find "$2/" -mindepth 1 -maxdepth 1 ! -name lost+found -printf '%f\n' | case $1 in
    docker)
      grep -vxE "aufs|btrfs|builder|buildkit|containerd|containers|devicemapper|engine-id|fuse-overlayfs|image|network|\
overlay2?|plugins|rootfs|runtimes|swarm|tmp|tmp-old|trust|vfs|volumes|zfs|[0-9]+[.][0-9]+"
      ;;
    containerd) grep -vxE 'io[.]containerd[.].*|tmpmounts' ;;
    *) cat ;;
  esac
}
# KIND FOLDER: whether it is laid out as the engine does it
laid_out() {
  if [ "$1" = containerd ]; then [ -d "$2/io.containerd.metadata.v1.bolt" ]; return; fi
  [ -d "$2/image" ] && [ -d "$2/containers" ] && [ -d "$2/volumes" ]
}
# KIND PATH RUNS: why what lies there can't be deleted; nothing if it can. What a daemon that runs has mounted there
# goes with it.
purge_obstacle() {
  real=$(readlink -f -- "$2")
  if [ "$real" = / ]; then printf "%s is the host's root directory\n" "$2"; return; fi
  own=
  if [ "$3" = yes ]; then own='^([0-9]+[.][0-9]+/)?(aufs|btrfs|containers|devicemapper|overlay2?|plugins|vfs|zfs)/'; fi
  mounted=$(mounts_below "$real" | grep -vE -e "${own:-^$}" | few)
  strange=$(entries "$1" "$real" | few)
  others=
  if [ "$1" = containerd ]; then
    # the namespaces in it: Docker's containers have theirs, its plugins too
    others=$(find "$real" -mindepth 2 -maxdepth 2 -path '*/io.containerd.runtime.v*' -printf '%f\n' |
      grep -vxE '(plugins[.])?moby' | few)
  fi
  if [ -n "$mounted" ]; then
    printf 'below %s something is mounted: umount %s first\n' "$2" "$mounted"
  elif [ -n "$strange" ]; then
    printf "in %s lies what isn't Docker's: move %s elsewhere first\n" "$2" "$strange"
  elif [ -n "$others" ]; then
    printf '%s holds what others than Docker run: %s\n' "$2" "$others"
  elif ! laid_out "$1" "$real"; then
    printf "%s isn't laid out as Docker's data is: look at it, and remove it by hand\n" "$2"
  fi
}
few() { head -n 3 | one_line; }
# where data is: what a running daemon says, else its flags, its daemon.json and our record of that, else the default
data_roots() {
  if systemctl is-active -q docker.service; then
    found=$(docker_cli info -f '{{.DockerRootDir}}' 2>/dev/null)
    # where users are remapped, a folder of their number below
    case $found in */[0-9]*.[0-9]*) found=${found%/*} ;; esac
  else
    found=$(timed 20 systemctl show docker.service -p ExecStart |
      sed -nE 's/.* (--data-root|--graph|-g)[= ]([^ ;]+).*/\2/p')
    found="$found
$(sed -n 's/.*"\(data-root\|graph\)"[[:space:]]*:[[:space:]]*"\(\/[^"\\]*\)".*/\2/p' \
      /etc/docker/daemon.json "$state/record.json" 2>/dev/null)"
  fi
  printf '%s\n' "$found" | grep '^/' | sort -u | grep . || echo /var/lib/docker
}
# lines of KIND, images, containers, volumes, what stays of the folder, PATH and the obstacle, with tabs between
probe_data() {
  runs=no
  if systemctl is-active -q docker.service; then runs=yes; fi
  data_roots | while read -r root; do show_data docker "$root"; done
  show_data containerd /var/lib/containerd
}
show_data() {
  if [ ! -d "$2" ] || [ -z "$(entries all "$2/")" ]; then return 0; fi
  host_count "$2"/image/*/imagedb/content/sha256/*; images=$counted
  host_count "$2"/containers/*; containers=$counted
  host_count "$2"/volumes/*/_data; volumes=$counted
  stays=
  if is_mount "$(readlink -f -- "$2")"; then stays='mount point'; elif [ -L "$2" ]; then stays='link'; fi
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
    "$1" "$images" "$containers" "$volumes" "$stays" "$2" "$(purge_obstacle "$1" "$2" "$runs")"
}
# KIND PATH: looked at again right before
purge_data() {
  if [ ! -d "$2" ]; then return 0; fi
  if systemctl is-active -q docker.service; then fail "docker was started meanwhile; run again"; fi
  why=$(purge_obstacle "$1" "$2" no)
  if [ -n "$why" ]; then fail "$why"; fi
  real=$(readlink -f -- "$2")
  find "$real" -xdev -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf --one-file-system -- '{}' +
  left=$(entries all "$real" | few)
  if [ -n "$left" ]; then fail "$left in $2 can't be deleted: see what keeps it (lsattr, fuser), then run again"; fi
  # a mount point, or the folder that a link leads to, was there before Docker
  if [ -L "$2" ] || is_mount "$real"; then return 0; fi
  rmdir -- "$real" || fail "can't remove $real"
  settle "$(dirname -- "$real")"
}
"""
