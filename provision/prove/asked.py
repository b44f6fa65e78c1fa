"""What a registry mirror answers a host: reachability and latency, measured by curl on the host itself.

Where a mirror wants a token for it, as Docker Hub's own registry does, the host fetches one as dockerd would; it
stands in no command line there.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

LIBRARY = r"""
probe() { curl -s -m 10 --connect-timeout 5 -o /dev/null "$@"; }
# what follows a sign of the challenge in an answer's head
challenge() {
  printf '%s\n' "$asked" | sed -n "s/^[Ww][Ww][Ww]-[Aa]uthenticate: *Bearer.*$1=\"\([^\"]*\)\".*/\1/p" | tail -n 1
}
# URL NAME TAG: three times its /v2/, with curl's status, HTTP's, and seconds; then the image's manifest
ask_mirror() {
  times='%{http_code} %{time_namelookup} %{time_connect} %{time_appconnect} %{time_starttransfer}'
  for try in 1 2 3; do
    told=$(probe -w "$times" "$1/v2/")
    problem=$?
    echo "try $problem $told"
    if [ "$problem" != 0 ]; then return 0; fi
  done
  accept='Accept: application/vnd.docker.distribution.manifest.v2+json,
 application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json'
  accept=$(printf %s "$accept" | tr -d '\n')
  manifest=$1/v2/$2/manifests/$3
  asked=$(probe -D - -H "$accept" "$manifest" | tr -d '\r')
  code=$(printf '%s\n' "$asked" | sed -n 's|^HTTP/[0-9.]* \([0-9]*\).*|\1|p' | tail -n 1)
  kind=$(printf '%s\n' "$asked" | sed -n 's/^[Cc]ontent-[Tt]ype: *//p' | tail -n 1)
  realm=$(challenge realm)
  service=$(challenge service)
  if [ "$code" = 401 ] && [ -n "$realm" ]; then
    token=$(curl -s -m 10 --connect-timeout 5 -G --data-urlencode "service=$service" \
      --data-urlencode "scope=repository:$2:pull" "$realm" | tr ',{' '\n' |
      sed -n 's/^ *"\(access_\)\{0,1\}token" *: *"\([^"]*\)".*/\2/p' | head -n 1)
    told=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
      probe -K - -w '%{http_code} %{content_type}' -H "$accept" "$manifest")
    code=${told%% *} kind=${told#* }
  fi
  echo "image ${code:-000} $kind"
}
# whether there is a way out of here at all
ask_gateway() {
  way=$(ip -4 route show default | sed -n 's/.* via \([0-9.]*\).*/\1/p' | head -n 1)
  if [ -z "$way" ]; then
    if [ -z "$(ip -4 route show default)" ]; then echo none; else echo direct; fi
    return
  fi
  ping -c 1 -W 2 "$way" >/dev/null 2>&1
  case $(ip neigh show "$way") in
    *FAILED* | *INCOMPLETE*) echo "silent $way" ;;
    *) echo "there $way" ;;
  esac
}
"""

CURL = {
    6: "its name isn't known",
    7: "no connection",
    28: "no answer in time",
    35: "no TLS connection",
    51: "its certificate is for another name",
    52: "an empty answer",
    56: "the connection was cut",
    60: "its certificate isn't trusted",
    77: "the host's own certificates can't be read",
}
"""What curl's exit codes mean (curl 7.29's manual page)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One mirror's answer to one host. `problem` is curl's exit code, `code` HTTP's for /v2/, `image` that for the
    image's manifest (0 if it wasn't asked for) and `kind` what it calls that; `seconds` is the median time to the first
    byte of those tries that got one."""

    problem: int
    code: int
    image: int
    seconds: float
    kind: str = "application/json"

    @property
    def reached(self) -> bool:
        return self.problem == 0

    @property
    def serves(self) -> bool:
        """Whether the image may be had of it."""
        return self.reached and self.image == 200 and "html" not in self.kind

    @property
    def said(self) -> str:
        """In a few words."""
        if not self.reached:
            return CURL.get(self.problem, f"curl ends with {self.problem}")
        what = f"HTTP {self.code} in {self.seconds * 1000:.0f} ms"
        page = " (a page of HTML)" if "html" in self.kind and self.image == 200 else ""
        return f"{what}, HTTP {self.image} for the image{page}" if self.image else what


def answer(text: str) -> Answer | None:
    """The answer as the host printed it; None if it wasn't asked for."""
    problem, code, image, kind, seconds = 0, 0, 0, "", []
    for each in text.splitlines():
        match each.split():
            case ["try", status, *told]:
                problem = int(status)
                if problem == 0 and len(told) == 5:
                    code = int(told[0])
                    seconds.append(float(told[4]))
            case ["image", told_code, *rest]:
                image, kind = int(told_code), " ".join(rest)
    if not text.strip():
        return None
    return Answer(problem, code, image, median(seconds) if seconds else 0.0, kind)
