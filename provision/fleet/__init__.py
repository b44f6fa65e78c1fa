"""The hosts of a run and how they get their turn.

waves      how far a run goes before it looks back, how many failures end it
hooks      the operator's programs before and after a host is changed
orders     all of that, as flags say it
guarded    a connection that is tried again, and that has its time
turn       what is done with a host when it has its turn
interrupt  Ctrl-C, once and twice
runners    hosts at a time: small classes behind one seam
rollout    a run from its first host to its last
journal    what is known of the runs of this machine, written as it happens
claims     no two of them at one host
campaign   a run with all that belongs to it
past       runs of the past: the list, and going on
"""
