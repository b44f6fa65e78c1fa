"""The images of a bundle: one host has its engine pull them, passes them on, and is as before.

What the host has already under that name is taken as it is there, and stays. What had to be pulled goes again, by
`prove-docker`'s own way back: it is written down before the pull, so that it goes with the next run at the latest.

Facts relied on: `docker save` of an ID writes an archive without names, which `docker load` gives none; so no tag is
moved by it, whoever loads it. The daemon lays the archive out below its data-root first. Credentials for a registry are
those that root's `docker login` left on the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provision import bundle
from provision.bundle import Image
from provision.errors import Failed
from provision.prove import shell, shell_pull
from provision.references import Reference
from provision.runs.shell import LIBRARY as RUNS
from provision.runs.shell import LOCK
from provision.script import quote

TOLD = "told"
"""The file, beside the images, in which the host says what each of them is; it doesn't stay."""

PATIENCE = 360
"""Seconds for which a pull may stand still; ten times as long is its limit."""

LIBRARY = r"""
# REFS...: each is saved and passed on; the host is as before then
gather_images() {
  enter
  case $(docker_cli info -f '{{.DriverStatus}}') in
    *io.containerd.snapshotter*)
      fail "this host's engine keeps images by containerd, which calls them otherwise: choose another host" ;;
  esac
  for ref; do gather_image "$ref"; done
  pass_on images "$kept/told"
  tidy
  trap - EXIT HUP INT TERM PIPE
  exec 9>&-
}
# REF
gather_image() {
  if awk -v ref="$1" '$1 == ref || $2 == ref { found = 1 } END { exit !found }' "$kept/before"; then
    frame step "$1 is on this host already, and is taken as it is there"
  else
    frame step "it pulls $1"
    # how its layers get on is nobody's concern here
    pull image "$1" >/dev/null 3>&1 ||
      fail "can't pull $1: $(last_said); see that \`docker pull $1\` works on this host (\`docker login\` as root" \
        "there, if its registry is a private one), then run again"
  fi
  told=$(docker_cli image inspect -f '{{.Id}} {{.Size}} {{range .RepoDigests}}{{.}},{{end}}' "$1") ||
    fail "docker doesn't say what $1 is: look at \`journalctl -u docker\`"
  frame step "$1 comes over the connection"
  ident=${told%% *}
  if ! grep -q " $ident " "$kept/told" 2>/dev/null; then save_image "$1" "$ident"; fi
  echo "$1 $told" >>"$kept/told"
}
last_said() {
  if [ "$result" = silent ]; then echo "nothing came for $patience s"; return; fi
  plain <"$kept/log" | last_of_layers yes | sed -n 's/^said //p' | tail -n 1 | one_line
}
# REF ID
save_image() {
  size=${told#* }
  size=$((${size%% *} / 1024))
  root=$(docker_cli info -f '{{.DockerRootDir}}')
  free=$(df -Pk -- "$root" | awk 'NR == 2 { print $4 }')
  [ "${free:-0}" -gt "$size" ] ||
    fail "too little space under $root: docker lays $1 out there to save it, $((size / 1024)) MB; make room"
  frame begin "image ${2#sha256:}"
  {
    timed @LIMIT@ docker -H unix:///var/run/docker.sock save "$2" 2>"$kept/said" 3>&- 4>&- 9>&-
    echo $? >"$kept/saved"
  } | gzip -c | base64 -w 4096
  [ "$(cat "$kept/saved")" = 0 ] || fail "docker can't save $1: $(one_line <"$kept/said"); run again"
  frame end "image ${2#sha256:} 0"
}
""".replace("@LIMIT@", str(10 * PATIENCE))


def script_text(images: Sequence[Reference], owner: str) -> str:
    """The shell functions, and the text that calls them; nothing where no images are asked for."""
    if not images:
        return ""
    words = " ".join(map(quote, dict.fromkeys(each.pulled for each in images)))
    return (
        f"patience={PATIENCE}\nowner={quote(owner)}\nrun_id=\n"
        + RUNS
        + LOCK
        + shell.LIBRARY
        + shell_pull.LIBRARY
        + LIBRARY
        + f"images() {{ gather_images {words}; }}\nexec 4>&2\n"
    )


def described(folder: Path, asked: Sequence[Reference]) -> tuple[Image, ...]:
    """The images that came into a folder laid out as a bundle. Raises Failed where it isn't told what they are."""
    if not asked:
        return ()
    told = folder / bundle.IMAGES / TOLD
    try:
        lines = (line.partition(" ") for line in told.read_text(encoding="utf-8").splitlines())
        rest = {pulled: words for pulled, _, words in lines}
        found = tuple(_image(folder, each, rest[each.pulled]) for each in asked)
    except (ValueError, KeyError, OSError):
        raise Failed("the host didn't say what its images are: run again") from None
    told.unlink()
    return found


def _image(folder: Path, asked: Reference, told: str) -> Image:
    """Of ID SIZE DIGESTS. Raises ValueError and OSError."""
    ident, size, *digests = told.split()
    named = (each.rpartition("@") for each in "".join(digests).split(","))
    file = bundle.image_file(ident)
    return Image(
        reference=str(asked),
        id=ident,
        digest=next((digest for name, _, digest in named if name == asked.repository), None),
        file=file,
        size=(folder / file).stat().st_size,
        unpacked=int(size),
    )
