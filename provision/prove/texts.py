"""Every sentence of a proof in English and in Chinese. A test holds the placeholders of both together."""

from __future__ import annotations

from provision.languages import LANGUAGES
from provision.prove.fault_texts import FAULTS
from provision.prove.result import Line, Verdict

TITLES: dict[str, tuple[str, str]] = {
    "mirror": ("The mirror serves", "镜像加速器可用"),
    "layers": ("An image is layers", "镜像由层组成"),
    "shared": ("Layers are shared", "层是共享的"),
    "copy-on-write": ("Copy on write", "写时复制"),
    "kernel": ("The kernel is the host's, the distribution is the image's", "内核是主机的，发行版是镜像的"),
    "port": ("A published port answers", "发布的端口有应答"),
    "dns": ("Names are found", "域名解析可用"),
    "memory": ("A memory limit is in force", "内存限制生效"),
    "logs": ("Logs arrive", "日志可读"),
    "restart": ("A container survives a restart of the daemon", "容器在守护进程重启后仍在"),
}
"""What each proof claims."""

VERDICTS: dict[Verdict, tuple[str, str]] = {
    Verdict.PROVEN: ("proven", "已证明"),
    Verdict.NOT_PROVEN: ("not proven", "未证明"),
    Verdict.NOT_APPLICABLE: ("not applicable here", "此处不适用"),
}

_SENTENCES: dict[str, tuple[str, str]] = {
    # what several proofs say
    "pull-failed": ("{image} could not be pulled, see above", "{image} 拉取失败，见上"),
    "pull-failed-with": ("{image} could not be pulled: {message}", "{image} 拉取失败：{message}"),
    "start-failed": ("a container of {image} doesn't start: {message}", "{image} 的容器无法启动：{message}"),
    "no-shell": ("{image} has no shell to look around with", "{image} 里没有可用的 shell"),
    # 1
    "mirror.effective": (
        "docker info shows the mirrors in effect: {mirrors}",
        "docker info 显示生效的镜像加速器：{mirrors}",
    ),
    "mirror.none": ("no registry mirror is set", "没有设置镜像加速器"),
    "mirror.none.remedy": (
        "set a mirror: setup-docker --registry-mirrors URL; `mirrors URL` measures it first",
        "设置镜像加速器：setup-docker --registry-mirrors URL；可先用 `mirrors URL` 测量",
    ),
    "mirror.other-registry": (
        "{image} isn't Docker Hub's, and mirrors serve only what is",
        "{image} 不在 Docker Hub 上，而镜像加速器只服务 Docker Hub",
    ),
    "mirror.pulled": (
        "{image} was pulled in {seconds} s ({rate})",
        "{image} 在 {seconds} 秒内拉取完成（{rate}）",
    ),
    "mirror.up-to-date": (
        "{image} was here already and is up to date; its manifest was fetched again",
        "{image} 本来就在且是最新的；重新获取了它的清单",
    ),
    "mirror.served": ("{url} served {image}", "{image} 由 {url} 提供"),
    "mirror.hub-unreachable": (
        "Docker Hub can't be reached from this host ({how}), so it came from nowhere else",
        "这台主机连不上 Docker Hub（{how}），所以它不可能来自别处",
    ),
    "mirror.log-says-nothing": (
        "mirrors come first, and the daemon's log names none before it that failed",
        "镜像加速器优先，守护进程日志中在它之前没有失败的记录",
    ),
    "mirror.log-level": (
        "log-level {level} hides which endpoint served, and Docker Hub can be reached too",
        "日志级别 {level} 看不出由谁提供，而 Docker Hub 也能连上",
    ),
    "mirror.log-level.remedy": ("set log-level to info under daemon", "在 daemon 下把 log-level 设为 info"),
    "mirror.came-from-hub": (
        "the image came from Docker Hub itself, past the mirror",
        "镜像绕过加速器，直接来自 Docker Hub",
    ),
    "mirror.log": (
        "the daemon's log on {url}: {message}",
        "守护进程日志关于 {url}：{message}",
    ),
    "mirror.asked": ("this host, asking {url} itself: {said}", "主机直接访问 {url}：{said}"),
    "mirror.too-new": (
        "{image} ({library}) is too new for Docker {version}: its own command fails: {message}",
        "{image}（{library}）对 Docker {version} 来说太新：它自己的命令失败：{message}",
    ),
    "mirror.too-new.remedy": (
        "take an older tag, like {example}: images on glibc 2.34, Alpine 3.14 or later need Docker 20.10.10",
        "换用较旧的标签，例如 {example}：基于 glibc 2.34、Alpine 3.14 或更新版本的镜像需要 Docker 20.10.10",
    ),
    # 2
    "layers.count": (
        "{image} is {count} layers, {size} on the disk",
        "{image} 共 {count} 层，占磁盘 {size}",
    ),
    "layers.came": (
        "layer {number}  {digest}  {size}  (pulled: {wire})",
        "第 {number} 层  {digest}  {size}（拉取：{wire}）",
    ),
    "layers.existed": (
        "layer {number}  {digest}  {size}  (already existed; {wire} over the wire)",
        "第 {number} 层  {digest}  {size}（已存在；传输 {wire}）",
    ),
    "layers.there": (
        "layer {number}  {digest}  {size}  ({wire})",
        "第 {number} 层  {digest}  {size}（{wire}）",
    ),
    "layers.here-before": (
        "{image} was here before, so there was nothing to pull",
        "{image} 本来就在，没有需要拉取的层",
    ),
    "layers.unread": ("docker doesn't tell the layers of {image}", "docker 没有给出 {image} 的层"),
    # 3
    "shared.nothing": (
        "{a} and {b} have no layer in common: name two on one base by --image A,B",
        "{a} 与 {b} 没有共同的层：用 --image A,B 指定同一基础上的两个镜像",
    ),
    "shared.count": (
        "{image} has {of} layers, {count} of them the first image's",
        "{image} 的 {of} 层中有 {count} 层就是第一个镜像的",
    ),
    "shared.existed": (
        'the pull said "Already exists" of {digests}, and fetched {wire}',
        '拉取时 {digests} 显示 "Already exists"，只传输了 {wire}',
    ),
    "shared.pulled-again": (
        "no layer of {image} already existed when it was pulled",
        "拉取 {image} 时没有一层是已存在的",
    ),
    "shared.disk": (
        "both use {used} on the disk, not the sum of {sum}: {saved} are stored once",
        "两者共占磁盘 {used}，而不是相加的 {sum}：{saved} 只存一份",
    ),
    "shared.no-overlay": (
        "memory isn't looked at: the storage driver is {driver}, not overlay2",
        "未检查内存：存储驱动是 {driver}，不是 overlay2",
    ),
    "shared.two-files": (
        "two containers don't read {path} from one place",
        "两个容器读取的 {path} 不在同一处",
    ),
    "shared.one-file": (
        "two containers read {path} from one file, device {device} inode {inode}: {below}",
        "两个容器读取的 {path} 是同一个文件，设备 {device} inode {inode}：{below}",
    ),
    "shared.memory": (
        "so the kernel has it in memory once: of {rss} of mapped files one container counts for {pss}",
        "所以内核在内存中只存一份：映射的 {rss} 文件中，一个容器只计 {pss}",
    ),
    # 4
    "cow.no-file": ("{image} has no regular file below /etc", "{image} 的 /etc 下没有普通文件"),
    "cow.changed": ("one container wrote to {file}: {now}", "一个容器改写了 {file}：{now}"),
    "cow.other": (
        "the other container and the image still have: {was}",
        "另一个容器和镜像里仍是：{was}",
    ),
    "cow.not-written": (
        "{file} can't be written in a container: {message}",
        "容器里无法写 {file}：{message}",
    ),
    "cow.other-changed": ("the other container sees the change of {file}", "另一个容器看到了 {file} 的改动"),
    "cow.image-changed": ("the image has the change of {file}", "镜像里出现了 {file} 的改动"),
    "cow.diff": ("docker diff shows just that: {diff}", "docker diff 只显示这一处：{diff}"),
    "cow.more-changed": (
        "docker diff shows other than that change: {diff}",
        "docker diff 显示了别的改动：{diff}",
    ),
    "cow.stack": (
        "both stand on the same {count} read-only directories, only the writable one on top differs: {a}, {b}",
        "两者叠在同样的 {count} 个只读目录上，只有最上面可写的一个不同：{a}、{b}",
    ),
    "cow.not-shared": (
        "the two containers don't stand on the same directories",
        "两个容器没有叠在相同的目录上",
    ),
    "cow.no-overlay": (
        "directories aren't looked at: the storage driver is {driver}, not overlay2",
        "未检查目录：存储驱动是 {driver}，不是 overlay2",
    ),
    # 5
    "kernel.kernels": ("uname -r: host {host}, container {inside}", "uname -r：主机 {host}，容器 {inside}"),
    "kernel.systems": (
        "os-release: host {host}, container {inside}",
        "os-release：主机 {host}，容器 {inside}",
    ),
    "kernel.differs": ("the container runs on another kernel", "容器运行在另一个内核上"),
    "kernel.same-system": (
        "{image} brings the host's own distribution: name another by --image",
        "{image} 与主机是同一发行版：用 --image 指定另一个",
    ),
    # also
    "port.none": ("{image} serves no port", "{image} 没有提供端口"),
    "port.answers": (
        "http://{place} answers from the host: {code} {title}",
        "主机访问 http://{place} 得到应答：{code} {title}",
    ),
    "port.silent": (
        "nothing answers on {place}, where {image} is published",
        "{image} 发布在 {place}，但没有应答",
    ),
    "port.remedy": (
        "look whether something flushed Docker's firewall chains (firewalld reloaded?), and restart docker then",
        "看看 Docker 的防火墙链是否被清掉（firewalld 重载过？），若是则重启 docker",
    ),
    "dns.own": (
        "a container finds another by its name: {name} is {address}",
        "容器按名字找到另一个：{name} 是 {address}",
    ),
    "dns.own-unknown": (
        "a container doesn't find another by its name",
        "容器按名字找不到另一个容器",
    ),
    "dns.own-unknown.remedy": (
        "look whether port 53 is closed between docker's bridges and 127.0.0.11",
        "看看 docker 网桥与 127.0.0.11 之间的 53 端口是否被封",
    ),
    "dns.no-outside": (
        "names outside weren't asked for: the host itself finds none",
        "没有查询外部域名：主机自己也查不到",
    ),
    "dns.outside": ("and a name outside: {name} is {address}", "也查到外部域名：{name} 是 {address}"),
    "dns.outside-unknown": (
        "the host finds {name}, a container doesn't",
        "主机查得到 {name}，容器查不到",
    ),
    "dns.outside-unknown.remedy": (
        "a name server on 127.0.0.1 can't be reached from containers: name another by dns under daemon",
        "容器访问不到 127.0.0.1 上的域名服务器：在 daemon 下用 dns 指定另一个",
    ),
    "memory.limit": (
        "a container that may have {limit} is told so by the kernel",
        "允许 {limit} 的容器，内核给出的限制也是如此",
    ),
    "memory.held": (
        "it wrote 64 MiB and was held at {peak}",
        "它写了 64 MiB，内存被压在 {peak}",
    ),
    "memory.not-set": (
        "the container's limit is {limit}, not 33554432",
        "容器的限制是 {limit}，不是 33554432",
    ),
    "memory.not-set.remedy": (
        "the kernel's memory control group is off: boot without cgroup_disable=memory",
        "内核的内存控制组被关闭：启动时去掉 cgroup_disable=memory",
    ),
    "memory.unread": ("the limit can't be read: {message}", "读不到限制：{message}"),
    "memory.exceeded": ("it took {peak}, more than it may", "它占用了 {peak}，超过了限制"),
    "logs.read": ('docker logs ({driver}) has "{text}"', 'docker logs（{driver}）里有 "{text}"'),
    "logs.unreadable": (
        "the log driver {driver} can't be read back: look where it sends",
        "日志驱动 {driver} 不能回读：请到它发送的地方查看",
    ),
    "logs.missing": (
        "docker logs ({driver}) hasn't what the container printed: {message}",
        "docker logs（{driver}）里没有容器打印的内容：{message}",
    ),
    "restart.others": (
        "containers run here that a restart may stop ({names}); --allow-restart consents",
        "这里运行着可能被重启停掉的容器（{names}）；--allow-restart 表示同意",
    ),
    "restart.pending": (
        "{file} changed since the daemon started, and a restart would take that up: run setup-docker first",
        "守护进程启动之后 {file} 改过，重启会使其生效：请先运行 setup-docker",
    ),
    "restart.daemon": (
        "the daemon restarted: pid {before}, then {after}",
        "守护进程已重启：pid {before}，然后 {after}",
    ),
    "restart.came-back": (
        "the container came back: pid {before}, then {after}, started {started}",
        "容器回来了：pid {before}，然后 {after}，启动于 {started}",
    ),
    "restart.went-on": (
        "the container went on over it (live-restore): pid {before} and {after}, since {started}",
        "容器一直在运行（live-restore）：pid {before} 与 {after}，自 {started}",
    ),
    "restart.stayed-down": (
        "the daemon restarted, but the container didn't come back",
        "守护进程重启了，但容器没有回来",
    ),
    "restart.no-daemon": ("the daemon didn't come back: {message}", "守护进程没有起来：{message}"),
    "restart.remedy": ("look at `journalctl -u docker`", "查看 `journalctl -u docker`"),
    "restart.unread": ("the restart can't be followed: {message}", "无法跟踪重启：{message}"),
}

SENTENCES = _SENTENCES | FAULTS


def say(line: Line, language: str = "en") -> str:
    """A sentence with its values."""
    return SENTENCES[line.key][LANGUAGES.index(language)].format(**line.values)


def title(name: str, language: str = "en") -> str:
    """What a proof claims."""
    return TITLES[name][LANGUAGES.index(language)]


def verdict(found: Verdict, language: str = "en") -> str:
    """How it ended."""
    return VERDICTS[found][LANGUAGES.index(language)]


def remedy(language: str = "en") -> str:
    """What stands before one."""
    return ("remedy", "解决办法")[LANGUAGES.index(language)]
