"""What each fault of a mirror is, and its remedy, in English and in Chinese."""

from __future__ import annotations

from provision.words.pull_failure import Fault

_OTHER = (
    "take another mirror (`mirrors URL` measures it from the hosts)",
    "换一个镜像加速器（`mirrors URL` 可从各主机测量）",
)

_TOLD: dict[Fault, tuple[tuple[str, str], tuple[str, str]]] = {
    Fault.NETWORK: (
        ("this host has no way out: {message}", "这台主机没有出路：{message}"),
        (
            "mend the host's network: `ip route`, its gateway and its cable; the mirror isn't at fault",
            "修复主机网络：`ip route`、网关和网线；问题不在镜像加速器",
        ),
    ),
    Fault.ROUTE: (
        ("there is no way to {url}: {message}", "到 {url} 没有路：{message}"),
        (
            "look for a firewall on the way, and whether {host} is right",
            "检查沿途的防火墙，以及 {host} 是否正确",
        ),
    ),
    Fault.RESOLVER: (
        (
            "this host's name server doesn't answer, so {url} isn't found: {message}",
            "主机的域名服务器没有应答，找不到 {url}：{message}",
        ),
        (
            "mend nameserver in /etc/resolv.conf; the mirror isn't at fault",
            "修正 /etc/resolv.conf 里的 nameserver；问题不在镜像加速器",
        ),
    ),
    Fault.NAME: (
        ("the name server doesn't know the name of {url}", "域名服务器不认识 {url} 的名字"),
        (
            "look whether {host} is spelt right, and whether this network's name server may know it",
            "检查 {host} 是否拼写正确，以及本网络的域名服务器是否能解析它",
        ),
    ),
    Fault.DEAD: (
        ("{url} is dead: nothing listens there", "{url} 已停用：那里没有服务在监听"),
        ("start the registry on {host}, or " + _OTHER[0], "启动 {host} 上的 registry，或者" + _OTHER[1]),
    ),
    Fault.TIMEOUT: (
        ("{url} doesn't answer in time: {message}", "{url} 没有及时应答：{message}"),
        (
            "look whether a firewall swallows packets to {host}, or " + _OTHER[0],
            "检查防火墙是否丢弃到 {host} 的包，或者" + _OTHER[1],
        ),
    ),
    Fault.SILENT: (
        (
            "{url} began to answer and then fell silent; the pull was ended, docker itself would wait for ever",
            "{url} 开始应答后就没有了声音；已终止拉取，docker 自己会永远等下去",
        ),
        ("restart the registry on {host}, or " + _OTHER[0], "重启 {host} 上的 registry，或者" + _OTHER[1]),
    ),
    Fault.SLOW: (
        ("{url} is too slow: {rate}", "{url} 太慢：{rate}"),
        (_OTHER[0] + "; --patience gives it more time", _OTHER[1] + "；--patience 可给它更多时间"),
    ),
    Fault.CUT: (
        ("{url} breaks off in the middle: {message}", "{url} 中途断开：{message}"),
        (
            "look at the registry's log on {host}, or " + _OTHER[0],
            "查看 {host} 上 registry 的日志，或者" + _OTHER[1],
        ),
    ),
    Fault.FORBIDDEN: (
        ("{url} refuses this host (403)", "{url} 拒绝这台主机（403）"),
        (
            "Aliyun's accelerator serves only Alibaba Cloud's own hosts since July 2024: take a mirror of your own",
            "阿里云加速器自 2024 年 7 月起只服务阿里云自己的主机：请自建镜像加速器",
        ),
    ),
    Fault.RATE: (
        ("{url} is asked too often from here (429)", "{url} 被这里请求得太频繁（429）"),
        (
            "wait, or use a pull-through cache of your own: hosts behind one address share one limit",
            "稍等，或自建拉取缓存：同一出口地址的主机共用一个限额",
        ),
    ),
    Fault.UNAUTHORIZED: (
        ("{url} wants a login: {message}", "{url} 要求登录：{message}"),
        (
            "a mirror must serve without one: admit the hosts by address, or " + _OTHER[0],
            "镜像加速器必须免登录：按地址放行主机，或者" + _OTHER[1],
        ),
    ),
    Fault.TOKEN: (
        ("{url} wants a token, which can't be had: {message}", "{url} 要求令牌，但取不到：{message}"),
        ("let {host} serve without one, or " + _OTHER[0], "让 {host} 免令牌提供服务，或者" + _OTHER[1]),
    ),
    Fault.SERVER: (
        ("{url} fails: {message}", "{url} 出错：{message}"),
        (
            "look at the registry's log on {host}, or " + _OTHER[0],
            "查看 {host} 上 registry 的日志，或者" + _OTHER[1],
        ),
    ),
    Fault.UNTRUSTED: (
        ("this host doesn't trust the certificate of {url}", "主机不信任 {url} 的证书"),
        (
            "`yum update ca-certificates`: old ones lack newer CAs; one of your own: /etc/docker/certs.d/{host}/ca.crt",
            "运行 `yum update ca-certificates`：旧的缺少较新的 CA；自己的 CA 放到 /etc/docker/certs.d/{host}/ca.crt",
        ),
    ),
    Fault.EXPIRED: (
        ("the certificate of {url} has expired, or isn't valid yet", "{url} 的证书已过期或尚未生效"),
        (
            "look at this host's clock (`date`), then renew it on {host}",
            "检查主机时钟（`date`），然后在 {host} 上更新证书",
        ),
    ),
    Fault.MISNAMED: (
        ("the certificate of {url} is for another name: {message}", "{url} 的证书属于另一个名字：{message}"),
        ("name the mirror as its certificate does", "按证书上的名字填写镜像加速器"),
    ),
    Fault.TLS: (
        ("no TLS connection to {url}: {message}", "无法与 {url} 建立 TLS 连接：{message}"),
        ("let {host} offer TLS 1.2, or " + _OTHER[0], "让 {host} 提供 TLS 1.2，或者" + _OTHER[1]),
    ),
    Fault.PLAIN: (
        ("{url} speaks HTTP, not HTTPS", "{url} 用的是 HTTP，不是 HTTPS"),
        ("write it as http://{host}, or give it a certificate", "写成 http://{host}，或者给它配证书"),
    ),
    Fault.LACKS: (
        ("{url} hasn't {image}", "{url} 没有 {image}"),
        (
            "name an image that it has by --image, or " + _OTHER[0],
            "用 --image 指定它有的镜像，或者" + _OTHER[1],
        ),
    ),
    Fault.NO_REGISTRY: (
        ("{url} is no registry: {message}", "{url} 不是 registry：{message}"),
        ("look what answers on {host}, a proxy's page for one", "看看是什么在 {host} 上应答，例如代理的页面"),
    ),
    Fault.BROKEN: (
        ("what {url} sends is damaged: {message}", "{url} 发送的内容已损坏：{message}"),
        (
            "clear the cache of the registry on {host}, or " + _OTHER[0],
            "清空 {host} 上 registry 的缓存，或者" + _OTHER[1],
        ),
    ),
    Fault.DISK: (
        ("this host's disk is full: {message}", "主机磁盘已满：{message}"),
        ("make room below docker's data-root (`df -h`)", "在 docker 的 data-root 下腾出空间（`df -h`）"),
    ),
    Fault.FORMAT: (
        (
            "{image} has a manifest that this Docker doesn't read: {message}",
            "{image} 的清单此 Docker 读不了：{message}",
        ),
        ("take an older tag, or a newer Docker", "换旧一些的标签，或新一些的 Docker"),
    ),
    Fault.UNKNOWN: (
        ("the pull fails: {message}", "拉取失败：{message}"),
        ("look at `journalctl -u docker`", "查看 `journalctl -u docker`"),
    ),
}

FAULTS: dict[str, tuple[str, str]] = {
    **{f"fault.{kind}": what for kind, (what, _) in _TOLD.items()},
    **{f"fault.{kind}.remedy": remedy for kind, (_, remedy) in _TOLD.items()},
}
"""By key, as `texts` has its sentences."""
