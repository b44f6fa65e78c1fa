"""The words of the page about a run that its script writes, in English and Chinese."""

from __future__ import annotations

from provision.report.texts import STATUSES

TEXTS: dict[str, tuple[str, str]] = {
    # how a host ended
    **{str(status): pair for status, pair in STATUSES.items()},
    "untouched": ("no turn", "未轮到"),
    "in flight": ("not waited for", "未等其结束"),
    # what a host is at
    "kind-read": ("connect and read", "连接和读取"),
    "kind-hook": ("hooks", "钩子"),
    "kind-check": ("checks", "检查"),
    "kind-wait": ("waiting", "等待"),
    "kind-failed": ("failed", "失败"),
    # of the table
    "host": ("host", "主机"),
    "wave": ("wave", "批次"),
    "status": ("outcome", "结果"),
    "engine": ("Docker", "Docker"),
    "changes": ("changes", "更改"),
    "start": ("start", "开始"),
    "seconds": ("seconds", "秒"),
    "shown": ("{n} of {m} hosts", "{m} 台主机中的 {n} 台"),
    "more": ("show {n} more", "再显示 {n} 台"),
    "none": ("No host is like that.", "没有这样的主机。"),
    "ascending": ("ascending", "升序"),
    "descending": ("descending", "降序"),
    # a cell of the matrix
    "cell-done": ("{n} changed", "更改 {n} 处"),
    "cell-failed": ("failed", "失败"),
    "cell-left": ("{n} to do", "待做 {n} 处"),
    "cell-right": ("as asked for", "符合要求"),
    "cell-passed": ("{n} passed", "通过 {n} 项"),
    "cell-wrong": ("{n} failed", "未通过 {n} 项"),
    # causes, changes, slowest
    "show-hosts": ("show them", "查看"),
    "hosts": ("{n} hosts", "{n} 台主机"),
    "one-host": ("1 host", "1 台主机"),
    "longest": ("longest", "最久"),
    "resource": ("what", "对象"),
    # the timeline
    "timeline": (
        "A bar for each of {n} hosts, from its turn to its end, by what it was at. The table below has the same.",
        "{n} 台主机各一条，从开始到结束，按所做的事着色。下面的表格有同样的内容。",
    ),
    "at": ("{host}: {what}, from {from} s on for {for} s", "{host}：{what}，从第 {from} 秒起，用时 {for} 秒"),
    # a host
    "error": ("What is wrong, and what to do", "问题及解决办法"),
    "log": ("What the host said last", "主机最后的输出"),
    "plan": ("Plan", "计划"),
    "steps": ("Steps", "步骤"),
    "step": ("step", "步骤"),
    "done": ("done", "完成"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "because": ("because", "原因："),
    "after": ("told in full after", "完成此步后才能详述："),
    "notes": ("Worth knowing", "须知"),
    "refusals": ("Reasons not to touch it", "不可更改的原因"),
    "nothing": ("Nothing to do: it is as asked for.", "无需更改：主机符合要求。"),
    "unread": ("There is no plan of it.", "没有这台主机的计划。"),
    "runs": ("Its own runs", "主机上的运行编号"),
    "applied": ("done", "已做"),
    "left": ("not done", "未做"),
    "diff": ("diff", "差异"),
    "open": ("open {host}", "打开 {host}"),
}
"""By key, English before Chinese; {…} is filled in."""
