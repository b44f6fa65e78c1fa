"""HOW each kind of thing is read and mended: probe and fix live side by side.

base         what every kind is: states, changes, findings
file         a file's whole content (`Exactly`), or our keys in a content that others share (`MergedJson` of
             daemonjson); file_shell.py does
configuration
             daemon.json for the engine that will run; unitfiles.py knows what its unit's files set
repofiles    repository files as yum reads them; yum_settings.py puts them together with its own settings
baserepos    CentOS's own repositories, where they are dead
hold         the pin beside other repositories; hold_shell.py reads them
certificates of registries
rpmkey       a signing key in the rpm database
packages     the engine's packages in exactly these versions; transition.py is the way there, restart.py the operator's
             word on it, brought.py what of them is ours; yum.py and yum_bounds.py are how yum is called;
             packages_shell.py and engine_shell.py do
unit         docker.service, running with what is asked for; daemon.py reads it, need.py decides, unit_shell.py does
bridgenf     whether packets between a bridge's ports pass iptables
way          what of a start may cut a host off; way_shell.py takes it back
membership   users in a group
unfinished   what a yum that was cut off has left
data         images, containers and volumes; data_shell.py does
dependencies the packages that came with the engine's
withdrawal   what the operator consents to where all of it is taken away
record       the host's own record of what was there before us, and what we brought
"""
