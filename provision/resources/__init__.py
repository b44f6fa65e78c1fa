"""HOW each kind of thing is read and mended: probe and fix live side by side.

base         what every kind is: states, changes, findings
file         a file's whole content (`Exactly`), or our keys in a content that others share (`MergedJson`);
             file_shell.py does
rpmkey       a signing key in the rpm database
packages     the engine's packages in exactly these versions; yum.py is how yum is called
unit         docker.service, running with what is asked for; daemon.py decides, unit_shell.py does
membership   users in a group
unfinished   what a yum that was cut off has left
data         images, containers and volumes; data_shell.py does
dependencies the packages that came with the engine's
withdrawal   what the operator consents to where all of it is taken away
record       the host's own record of what was there before us, and what we brought
"""
