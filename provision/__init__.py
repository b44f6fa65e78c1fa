"""Pinned Docker Engine on CentOS 7 hosts, over SSH. Read the host once, decide, change it in one go, read it again.

In reading order:

    cli           the way in: Fabric's command line, one turn for all hosts, one exit code
    tasks         the commands: flags in, words out
    run           one command: who is asked what, and what is told of it
    changing      the commands that plan or change hosts, from what is asked to what is told
    request       what a command line asks for, read and checked
    fleet         how the hosts of a run get their turn
    asked         what is asked for of each host
    remote        the only SSH
    converge      one host: read, plan, apply stage by stage, read again
    versions      what a repository offers
    bundling      how a bundle is made
    kept          what hosts keep of their runs: listed, joined, and a lock taken from one
    verify        checks that are independent of our own probe
    prove         what images promise, shown on the host's own engine
    report        outcomes for a terminal and for machines
    events        what happens in a run, told to whoever wants to know
    verdicts      what a host's failure means, and what to do about it
    plan          what would be done, as a value
    preflight     hosts that can't be served
    facts         what was read
    steps         WHAT Docker needs, in order: the table of contents
    resources     HOW each kind of thing is read and mended
    runs          what changes a host, apart from the connection that began it
    script        scripts as they go over the wire
    words         what docker, yum and rpm say
    inventory     which hosts there are, how each is reached, what is said of each
    handed        what the files that an operator names hold
    bundle        an offline repository in a folder, checked before it is used
    spec          all that an operator may ask for
    references    names of images
    advisories    what is known against each engine version
    holes         security holes, by number
    engines       what each engine version is
    templating    files that land on hosts
    secret        values by reference: environment, file, command
    errors        the tree of what can go wrong
    masking       what must not be seen in what is shown

Imports point down this list only; Fabric, Invoke and paramiko appear in cli, tasks, fleet and remote alone.
"""

from __future__ import annotations

__version__ = "0.1.0"
