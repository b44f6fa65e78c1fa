"""yum 3.4.3 as the hosts' `yum`: a small one of its own over rpm's Python module, in yum's words and exit codes.

Written from what the true yum printed, not from its source; dnf would differ in eleven ways:

1. install of an older version than the installed one: nothing, 0
2. a list that exists in part: that part, 0
3. downgrade and update with nothing to do: 0
4. a dependency that a newer package obsoletes is missing, unless obsoletes=0
5. remove keeps dependencies that nothing needs any more
6. a file or URL of a package that is installed already: 1
7. one lock for all commands, waited for without end
8. skip_if_unavailable belongs to a repository: without one in front, --setopt has no effect
9. `name-epoch:ver-rel` names nothing; `epoch:name-ver-rel.arch` does
10. both versions that a killed update left are no state to be content with: 1
11. --allowerasing does not exist

In reading order: `main` (options, lock, command), `commands`, `session` (configuration, packages, from plan to
end), `marking` (arguments to a transaction), `transaction` (dependencies), `display`, `perform` (download, rpm),
`sign`, `listing`, `versionlock`; below them `repository`, `metadata`, `fetch`, `config`, `rpmdb`, `packages`, `lock`,
`output`. Not there: groups, history, other plugins, translations, delta RPMs, i686.
"""
