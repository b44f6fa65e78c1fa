"""What a run says, without secrets before it stands in its log: the shell side of `masking`.

Programs quote what stands in files of others: yum a login in a URL, the daemon its settings. So all that a run says
goes by a pipe through `relay`, which has no part in the run: nobody waits for it longer than for its last words, and
where something outlives the run (yum over a run that was killed) it stays for that.

Facts relied on: yum 3.4.3 writes `  Installing : NAME   1/3` when it begins on a package and the end of that line when
it is done with it (run); GNU sed 4.2.2 has -E, and I for letters of any case.
"""

from __future__ import annotations

from collections.abc import Iterable

from provision.script import quote

_WORDS = r"(password|passwd|passphrase|secret|token|credentials?|api[_.-]?key|authorization)"
_NAME = rf"[A-Za-z0-9_.-]*{_WORDS}[A-Za-z0-9_.-]*"

LIBRARY = r"""
# what of each line is a secret, by the shapes of `masking`; in doubt more of it
hide() {
  sed -E -e 's|//[^[:space:]"<>]*@|//***@|g' \
    -e 's#(proxy"?[[:space:]]*[=:][[:space:]]*"?)[^[:space:]"<>]+@#\1***@#Ig' \
    -e 's#"(@NAME@|auth)"([[:space:]]*:[[:space:]]*)"([^"\\]|\\.)*"#"\1"\3"***"#Ig' \
    -e 's!^([ +#;-]*@NAME@[[:space:]]*[=:][[:space:]]*)[^[:space:]].*$!\1***!I' \
    -e "s#(^|[^A-Za-z0-9_.-])(@NAME@=)(\"[^\"]*\"|'[^']*'|[^[:space:]\"',;]+)#\1\2***#Ig" \
    -e 's#([[:space:]]--@NAME@[[:space:]]+)[^[:space:]-][^[:space:]]*#\1***#Ig' \
    -e 's#([[:space:]](-U|-u|--user|--proxy-user)[[:space:]=][[:space:]]*)[^[:space:]:/]+:[^[:space:]]+#\1***#g' \
    -e 's#(docker login.*[[:space:]]-p[[:space:]]*)[^[:space:]]+#\1***#g' \
    -e 's#((Basic|Bearer) )[A-Za-z0-9+/=._~-]{4,}#\1***#Ig'
}
handed=''
# TEXT: without what was handed over by reference, whatever stands around it. By the shell itself, for a command line is
# for all to see.
without_handed() {
  text=$1
  unseen_yet=$handed
  while [ -n "$unseen_yet" ]; do
    value=${unseen_yet%%"$newline"*}
    unseen_yet=${unseen_yet#*"$newline"}
    while :; do
      case $text in *"$value"*) text=${text%%"$value"*}'***'${text#*"$value"} ;; *) break ;; esac
    done
  done
  printf %s "$text"
}
# Standard input as it comes, through `hide`: whole lines, and yum's progress before its line ends.
relay() {
  trap '' HUP INT TERM
  newline='
'
  rest=''
  empty=0
  # a piece of nothing is the end; one of NUL bytes alone looks like it
  while [ "$empty" -lt 3 ]; do
    piece=$(dd bs=64k count=1 2>/dev/null; echo x)
    piece=${piece%x}
    if [ -z "$piece" ]; then empty=$((empty + 1)); else empty=0; fi
    rest=$rest$piece
    case $rest in
      *"$newline"*)
        tail=${rest##*"$newline"}
        without_handed "${rest%"$tail"}" | hide
        rest=$tail ;;
    esac
    case $rest in
      *//*) ;;
      '  '*' : '*[0-9]/[0-9]*) printf %s "$rest"; rest='' ;;
    esac
    # a line without an end isn't kept back for ever
    if [ "${#rest}" -gt 65536 ]; then without_handed "$rest" | hide; rest=''; fi
  done 2>/dev/null
  without_handed "$rest" | hide
}
""".replace("@NAME@", _NAME)


def told(secrets: Iterable[str]) -> str:
    """Shell text by which a run knows what was handed over for it, each in one line."""
    lines = "".join(f"{each}\n" for each in secrets)
    return f"handed={quote(lines)}\n"
