# The lab's yum has this plugin built in (yum343/versionlock.py); as with the true one, it is there if this file is.
