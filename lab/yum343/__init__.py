"""yum 3.4.3 as the hosts' `yum`, over libdnf."""
