"""What is wrong and what to do about it in Chinese, for the errors that are met most.

An error is written in English where it is raised. Here stand the same words as templates, with {} for what differs; a
test holds them against the program. What stands here not is told in English.
"""

from __future__ import annotations

import re
from functools import cache

from provision.report.texts import Words

CHINESE: dict[str, str] = {
    # the way in
    "no answer from {} within {} s: is the host up, does a firewall let us through?": (
        "{} 在 {} 秒内没有应答：主机开着吗，防火墙放行了吗？"
    ),
    "{} refuses connections: does sshd listen there, and is the port right?": (
        "{} 拒绝连接：sshd 在那里监听吗，端口对吗？"
    ),
    "the name {} can't be resolved: check it, or give HostName in ssh_config ({})": (
        "主机名 {} 无法解析：请检查，或在 ssh_config 里写 HostName（{}）"
    ),
    "{} closed the connection before keys were exchanged: a wrong port, sshd's MaxStartups, TCP wrappers, a"
    " ProxyCommand that failed?": (
        "{} 在交换密钥之前断开了连接：端口错误、sshd 的 MaxStartups、TCP wrappers，还是 ProxyCommand 失败？"
    ),
    "{} took the connection but did not finish the SSH handshake within {} s: is the host overloaded,"
    " or is that no SSH server?": (
        "{} 接受了连接，但 {} 秒内没有完成 SSH 握手：主机过载，还是那里不是 SSH 服务？"
    ),
    "the jump host can't reach {} ({})": "跳板机连不上 {}（{}）",
    "jump host {}: {}": "跳板机 {}：{}",
    "login as {} failed; tried: {}{}; the host takes: {}. {}{}": (
        "以 {} 登录失败；试过：{}{}；主机接受：{}。用 -i FILE 指定密钥，用 ssh-add 加载，"
        "或用 --prompt-for-login-password"
    ),
    "host key of {} is unknown: {}. Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_{}_key.pub` on the host, then"
    " `{} >> {}` (behind a jump host: log in once with ssh)": (
        "{} 的主机密钥未知：{}。在主机上用 `ssh-keygen -lf /etc/ssh/ssh_host_{}_key.pub` 核对，然后运行"
        " `{} >> {}`（经跳板机的：先用 ssh 登录一次）"
    ),
    # root
    "sudo wants a password for {}: use --prompt-for-sudo-password, or sudo_password in an inventory, or give {} a"
    " NOPASSWD rule in sudoers, or log in as root": (
        "sudo 要求 {} 的密码：用 --prompt-for-sudo-password，或清单里的 sudo_password，或在 sudoers 里给 {} 加 NOPASSWD"
        " 规则，或者以 root 登录"
    ),
    "sudo did not take the password given for {} (one attempt was made): check it and run again": (
        "sudo 不接受 {} 的密码（只试了一次）：检查后再运行"
    ),
    "{} may not become root by sudo: add {} to sudoers (on CentOS the group wheel), or log in as root": (
        "{} 不能用 sudo 成为 root：把 {} 加进 sudoers（CentOS 上是 wheel 组），或者以 root 登录"
    ),
    # a run
    "the connection was lost while the host was read ({}): nothing was changed, run again": (
        "读取主机时断线（{}）：未作任何更改，再运行一次"
    ),
    "no end within {} s (--timeout), so it was left; it may be at work still: run again": (
        "{} 秒内没有结束（--timeout），已不再等待；它可能仍在进行：再运行一次"
    ),
    "the host's script was cut off; run again, it goes on from what it finds": (
        "主机上的脚本被中断；再运行一次，会从现状接着做"
    ),
    "too little space on {}: {} MB are free, {} are needed; make room (`du -xh {} | sort -h | tail`, `yum clean"
    " all`)": (
        "{} 空间不足：可用 {} MB，需要 {}；请腾出空间（`du -xh {} | sort -h | tail`，`yum clean all`）"
    ),
    "the repository doesn't offer docker-ce {}: {} (`versions` lists them all)": (
        "软件源没有提供 docker-ce {}：{}（`versions` 列出全部）"
    ),
    "{} isn't signed by the key that was asked for, so nothing was installed; if the mirror is meant to serve packages"
    " of its own, hand over its key by --repo-key FILE": (
        "{} 不是由所要求的密钥签名的，因此什么都没有安装；如果该镜像站确实提供自己的软件包，"
        "请用 --repo-key FILE 给出它的密钥"
    ),
    "{} isn't signed by the key of CentOS, so nothing was installed: it was altered, or it is of a repository that"
    " isn't CentOS's; take that out, or hand over the key of your own CentOS packages by --base-key FILE": (
        "{} 不是由 CentOS 的密钥签名的，因此什么都没有安装：它被改动过，或者来自不属于 CentOS 的软件源；"
        "请去掉那个软件源，或用 --base-key FILE 给出你自己的 CentOS 软件包的密钥"
    ),
    "the connection was lost while files were sent ({}): nothing was changed, run again": (
        "发送文件时断线（{}）：未作任何更改，再运行一次"
    ),
    "the daemon didn't take up its configuration on {}: {}; {}; {}; its log of that is in {}/last-words": (
        "守护进程在 {} 时没有采用它的配置：{}；{}；{}；相关日志在 {}/last-words"
    ),
    "checked after its wave: {}": "本批之后的检查：{}",
}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), chinese)
        for english, chinese in CHINESE.items()
    )


_STEP = re.compile(r"((?:[\w-]+ )?[\w./-]+|[\w ]+): (.+)", re.DOTALL)
"""A failure's change stands before it: `packages docker-ce: …`."""


def told(text: str, words: Words) -> str:
    """An error in the language of these words, as far as it is known in it."""
    if words.language == "en":
        return text
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(text)
        if found:
            # a remedy that is all words has no place in the Chinese one
            return chinese.format(*map(str, found.groups()))
    step = _STEP.fullmatch(text)
    if step and (rest := told(step[2], words)) != step[2]:
        return f"{step[1]}：{rest}"
    return text
