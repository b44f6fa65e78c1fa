"""`prove-docker`: what images promise, shown on a host's own engine. `verify` says whether the host is as asked for;
this says whether Docker does its work.

In reading order:

    follow            one host: read it, let it show everything, judge
    recipe            the two scripts, and what a host showed
    shell, shell_pull, shell_containers, asked
                      what the scripts call on the host
    mirror, layers, apart, also
                      the proofs: each is a function from what was seen to a verdict with its evidence
    pulls             a pull as a host told of it
    images            what is pulled
    result            verdicts and evidence, as values
    texts, fault_texts
                      every sentence in two languages
    terminal, page    for people: lines and progress; one page of HTML
    mirrors           the command `mirrors`: registry mirrors measured from every host
"""

from __future__ import annotations
