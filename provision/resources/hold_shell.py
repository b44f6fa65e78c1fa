"""The shell side of `Hold`: what it calls on the host."""

from __future__ import annotations

LIBRARY = r"""
# with what `File` has
# "yum", lines of "plugin NAME" and "cached ID SECONDS VERSION-RELEASE...", then whole files. Of CentOS's own
# repositories, and EPEL, it is known that they have no docker-ce.
probe_hold() {
  echo yum
  for plugin in /usr/lib/yum-plugins/*.py /usr/share/yum-plugins/*.py; do
    if [ -e "$plugin" ]; then plugin=${plugin##*/}; printf 'plugin %s\n' "${plugin%.py}"; fi
  done
  for cookie in /var/cache/yum/*/*/*/cachecookie; do
    folder=${cookie%/cachecookie}
    case ${folder##*/} in
      '*' | docker-ce-stable | base | updates | extras | centosplus | centos-vault-* | epel) continue ;;
    esac
    printf 'cached %s %s %s\n' "${folder##*/}" "$(stat -c %Y "$cookie")" \
      "$(cached_offers "$folder" | sort -u | one_line)"
  done
  plugin=/etc/yum/pluginconf.d/versionlock.conf
  list=$(sed -n 's/^[[:space:]]*locklist[[:space:]]*=[[:space:]]*\(file:\)*//p' "$plugin" 2>/dev/null | tail -n 1)
  for file in /etc/yum/yum.conf /etc/yum.conf "$plugin" "$list" /etc/yum/repos.d/*.repo; do
    if [ -f "$file" ]; then printf 'path=%s\n' "$file" && probe_file "$file" || exit 1; fi
  done
}
# FOLDER: VERSION-RELEASE of each docker-ce that the metadata list, which lie there as SQLite, or packed
cached_offers() {
  for metadata in "$1"/gen/primary*.sqlite "$1"/*primary.sqlite.gz "$1"/*primary.xml.gz; do
    if [ -e "$metadata" ]; then
      timed 20 zcat -f "$metadata" | grep -aoE 'docker-ce-[0-9][0-9A-Za-z._]*-[0-9][0-9A-Za-z._]*\.x86_64\.rpm' |
        sed 's/^docker-ce-//; s/\.x86_64\.rpm$//'
      return 0
    fi
  done
}
"""
