"""Every sentence of a run's view in English and in Chinese. A test holds the placeholders of both together."""

from __future__ import annotations

from dataclasses import dataclass

from provision.events import Cause, Status
from provision.languages import LANGUAGES

STATUSES: dict[Status, tuple[str, str]] = {
    Status.UNCHANGED: ("unchanged", "无需更改"),
    Status.PENDING: ("pending", "待更改"),
    Status.CHANGED: ("changed", "已更改"),
    Status.REFUSED: ("refused", "已拒绝"),
    Status.FAILED: ("failed", "失败"),
    Status.UNREACHABLE: ("unreachable", "无法连接"),
}

CAUSES: dict[Cause, tuple[str, str]] = {
    Cause.DONE: ("done", "已完成"),
    Cause.TOO_MANY_FAILURES: ("too many failures", "失败过多"),
    Cause.INTERRUPTED: ("interrupted", "被中断"),
    Cause.LET_GO: ("let go", "不再等待"),
}
"""Why a run ended."""

SENTENCES: dict[str, tuple[str, str]] = {
    # a plan
    "plan.nothing": (
        "{host}: nothing to do, the host is as asked for",
        "{host}：无需操作，主机已符合要求",
    ),
    "plan.same": ("{host}: the same plan as {other}", "{host}：计划与 {other} 相同"),
    "plan.because": ("because {reason}", "原因：{reason}"),
    "plan.later": (
        "{resource}: {desired} (told in full after {after})",
        "{resource}：{desired}（在 {after} 之后详述）",
    ),
    "plan.more": (
        "... {count} more lines, --json has them all",
        "……还有 {count} 行，--json 给出全部",
    ),
    # a host's end
    "end": ("{host}: {status} ({seconds} s): {what}", "{host}：{status}（{seconds} 秒）：{what}"),
    "end.unchanged": ("nothing to do", "无需操作"),
    "end.pending.one": ("{count} change pending", "{count} 项待更改"),
    "end.pending": ("{count} changes pending", "{count} 项待更改"),
    "end.changed": ("{count} changed", "已更改 {count} 项"),
    # a run under way
    "wave": ("wave {number}: {hosts}", "第 {number} 批：{hosts}"),
    "wave.of": ("wave {number} of {waves}", "第 {number}/{waves} 批"),
    "reading": ("is read", "读取中"),
    "in-flight": ("{count} in flight", "进行中 {count}"),
    "checking": ("{count} being checked", "检查中 {count}"),
    "waiting": ("{count} waiting", "等待 {count}"),
    "count": ("{count} {status}", "{status} {count}"),
    "more": ("and {count} more", "另有 {count} 台"),
    "stopping": (
        "No more hosts begin; waiting for {hosts}. Ctrl-C again lets them finish alone.",
        "不再开始新的主机；正在等待 {hosts}。再按一次 Ctrl-C 则不再等待，由主机自行完成。",
    ),
    "nobody": ("none", "无"),
    # its end
    "changed": ("changed on {hosts}: {what}", "已更改 {hosts}：{what}"),
    "pending": ("would change on {hosts}: {what}", "将更改 {hosts}：{what}"),
    "unchanged": ("nothing to do on {hosts}", "无需操作 {hosts}"),
    "note": ("{hosts}: {text}", "{hosts}：{text}"),
    "slowest": ("slowest: {hosts}", "最慢：{hosts}"),
    "seconds": ("{host} {seconds} s", "{host} {seconds} 秒"),
    "cause": ("{status} on {hosts}: {text}", "{status} {hosts}：{text}"),
    "cause.many": ("{status} on {hosts} ({count} hosts): {text}", "{status} {hosts}（{count} 台）：{text}"),
    "early": ("The run ended early: {cause}.", "运行提前结束：{cause}。"),
    "early.in-flight": ("in flight, going on alone: {hosts}", "仍在进行，将自行完成：{hosts}"),
    "early.untouched": ("had no turn: {hosts}", "未轮到：{hosts}"),
    "early.resume": ("`fab resume` goes on with what is left.", "`fab resume` 继续处理剩余主机。"),
    "again": (
        "`fab resume --failed` takes those that failed again.",
        "`fab resume --failed` 重新处理失败的主机。",
    ),
    "counts.one": ("{count} host in {time}: {counts}", "{count} 台主机，用时 {time}：{counts}"),
    "counts": ("{count} hosts in {time}: {counts}", "{count} 台主机，用时 {time}：{counts}"),
    "dry": ("Nothing was changed.", "未作任何更改。"),
    # what is known against a version
    "known": ("{version} (--ack-eol says that this is known):", "{version}（--ack-eol 表示已知晓）："),
    "known.escapes": (
        "run only images that you trust, others may become root: {ids}",
        "只运行可信的镜像，其他镜像可能取得 root 权限：{ids}",
    ),
    "known.others": ("other holes: {ids}", "其他漏洞：{ids}"),
    "known.closed": ("not concerned by {ids}", "不受影响：{ids}"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences in one language."""

    language: str = LANGUAGES[0]

    def __call__(self, key: str, **values: object) -> str:
        """A sentence with its values."""
        return SENTENCES[key][self._index].format(**values)

    def status(self, status: Status) -> str:
        """How a host ended."""
        return STATUSES[status][self._index]

    def cause(self, cause: Cause) -> str:
        """Why a run ended."""
        return CAUSES[cause][self._index]

    def counted(self, key: str, count: int, **values: object) -> str:
        """A sentence about so many, which for one of them may be another."""
        return self(f"{key}.one" if count == 1 else key, count=count, **values)

    @property
    def _index(self) -> int:
        return LANGUAGES.index(self.language)


ENGLISH = Words()
