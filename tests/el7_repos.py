"""The base repositories as CentOS 7.9 shipped them, in the files of its package centos-release."""

from __future__ import annotations

_HEAD = """\
# CentOS-Base.repo
#
# The mirror system uses the connecting IP address of the client and the
# update status of each mirror to pick mirrors that are updated to and
# geographically close to the client.  You should use this for CentOS updates
# unless you are manually picking other mirrors.
#
# If the mirrorlist= does not work for you, as a fall back you can try the 
# remarked out baseurl= line instead.
#
#

"""  # noqa: W291  as shipped
_SECTION = """\
{comment}[{ident}]
name=CentOS-$releasever - {title}
mirrorlist=http://mirrorlist.centos.org/?release=$releasever&arch=$basearch&repo={folder}&infra=$infra
#baseurl=http://mirror.centos.org/centos/$releasever/{folder}/$basearch/
gpgcheck=1
{enabled}gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-7
"""

BASE = _HEAD + "\n".join(
    _SECTION.format(ident=ident, folder=folder, title=title, comment=comment, enabled=enabled)
    for ident, folder, title, comment, enabled in (
        ("base", "os", "Base", "", ""),
        ("updates", "updates", "Updates", "#released updates \n", ""),
        ("extras", "extras", "Extras", "#additional packages that may be useful\n", ""),
        (
            "centosplus",
            "centosplus",
            "Plus",
            "#additional packages that extend functionality of existing packages\n",
            "enabled=0\n",
        ),
    )
)
"""/etc/yum.repos.d/CentOS-Base.repo"""
