
const run = JSON.parse(document.getElementById("run").textContent);
const by = id => document.getElementById(id);
const MARKS = { unchanged: "✓", changed: "✓", pending: "○", refused: "✗", failed: "✗", unreachable: "✗", untouched: "–", "in flight": "…" };
const CLASSES = { unchanged: "good", changed: "good", pending: "warn", refused: "bad", failed: "bad", unreachable: "bad", untouched: "soft", "in flight": "warn" };
const GRAVE = Object.keys({ failed: 0, refused: 0, unreachable: 0, "in flight": 0, untouched: 0, pending: 0, changed: 0, unchanged: 0 });
const KINDS = ["record", "base", "repos", "engine", "kernel", "daemon", "service", "access", "hook", "check", "wait"];
const NAMES = new Intl.Collator("en", { numeric: true });
const PAGE = 100;

// -- words

const t = (key, values = {}) => {
  const pair = run.texts[key];
  const text = pair ? pair[root.lang === "zh" ? 1 : 0] : key.replace("kind-", "");
  return text.replace(/\{(\w+)\}/g, (whole, name) => name in values ? values[name] : whole);
};
const count = n => n === 1 ? t("one-host") : t("hosts", { n });
const seconds = n => n === undefined ? "" : n.toFixed(1);
const make = (tag, attributes = {}, ...inside) => {
  const found = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") found.onclick = value;
    else if (value !== undefined) found.setAttribute(name, value);
  }
  found.append(...inside);
  return found;
};
const status = name => make("span", { class: CLASSES[name] }, `${MARKS[name]} ${t(name)}`);
const opener = host => make("button", { type: "button", class: "host", "data-host": host.h, onclick: () => open_(host) }, host.h);

// -- what is known of each host, step by step

const word = number => run.words[number];
const changeOf = number => run.changes[number].map(word);
for (const host of run.hosts) {
  const applied = new Set((host.a || []).map(word));
  host.cells = {};
  const cell = kind => host.cells[kind] ||= { done: 0, left: 0, failed: 0 };
  for (const number of host.c || []) {
    const [step, resource] = changeOf(number);
    cell(step)[applied.has(resource) ? "done" : "left"]++;
  }
  for (const number of host.p || []) {
    const [step, resource] = changeOf(number);
    cell(step)[host.s === "changed" || applied.has(resource) ? "done" : "left"]++;
  }
  for (const [, kind, , , done] of host.k || []) {
    if (word(kind) === "check") cell("check")[done ? "done" : "failed"]++;
    else if (!done && host.x && word(kind) !== "wait") cell(word(kind)).failed++;
  }
  host.count = host.s === "pending" ? (host.c || []).length + (host.p || []).length : applied.size;
  host.text = [host.h, host.s, host.e, host.x && host.x.text, ...applied].filter(Boolean).join("\n").toLowerCase();
}
const columns = KINDS.filter(kind => kind !== "wait" && run.hosts.some(host => host.cells[kind]));

// -- what is shown of them

const asked = { text: "", statuses: new Set(), cause: null, resource: null, sort: null, down: false, upto: PAGE };
const touches = (host, resource) => host.s === "pending"
  ? [...(host.c || []), ...(host.p || [])].some(number => changeOf(number)[1] === resource)
  : (host.a || []).some(number => word(number) === resource);
const wanted = host => (!asked.statuses.size || asked.statuses.has(host.s))
  && (asked.cause === null || (host.x && host.x.cause === asked.cause))
  && (asked.resource === null || touches(host, asked.resource))
  && asked.text.split(/\s+/).every(each => host.text.includes(each));
const KEYS = {
  host: null,
  wave: host => host.w,
  status: host => GRAVE.indexOf(host.s),
  engine: host => host.e || "",
  changes: host => host.count,
  start: host => host.t ?? Infinity,
  seconds: host => host.d ?? -1,
};
const compare = (one, other) => {
  const key = KEYS[asked.sort];
  const first = key ? key(one) : one.h, second = key ? key(other) : other.h;
  const found = typeof first === "string" ? NAMES.compare(first, second) : first < second ? -1 : first > second ? 1 : 0;
  return asked.down ? -found : found;
};
let shown = run.hosts;
const choose = () => {
  shown = run.hosts.filter(wanted);
  if (asked.sort) shown = shown.slice().sort(compare);
  asked.upto = PAGE;
  draw();
};
const only = (name, value) => {
  Object.assign(asked, { text: "", cause: null, resource: null, [name]: value });
  asked.statuses.clear();
  by("search").value = "";
  choose();
  by("all").scrollIntoView({ block: "start" });
  by("search").focus({ preventScroll: true });
};

// -- its parts

const drawOutcomes = () => {
  by("outcomes").setAttribute("aria-label", t("status"));
  by("outcomes").replaceChildren(...GRAVE.filter(name => run.hosts.some(host => host.s === name)).map(name => {
    const n = run.hosts.filter(host => host.s === name).length;
    return make("button", {
      type: "button", "data-status": name, "aria-pressed": asked.statuses.has(name),
      onclick: () => {
        if (!asked.statuses.delete(name)) asked.statuses.add(name);
        choose();
        by("outcomes").querySelector(`[data-status="${name}"]`).focus();
      },
    }, status(name), ` ${n}`);
  }));
};

const drawCauses = () => {
  by("causes").hidden = !run.causes.length;
  by("causes").querySelector("ul").replaceChildren(...run.causes.map((cause, number) => make("li", { "data-cause": number },
    make("div", { class: "row" }, status(cause.status), make("strong", {}, count(cause.count)),
      make("button", { type: "button", "aria-label": `${t("show-hosts")}: ${cause.text}`, onclick: () => only("cause", number) }, t("show-hosts"))),
    make("p", {}, cause.text), make("p", { class: "soft small folded" }, cause.hosts))));
};

const CELLS = {
  passed: ["✓", "good"], wrong: ["✗", "bad"], done: ["●", "good"], failed: ["✗", "bad"], left: ["○", "warn"], right: ["·", "soft"],
};
const cellOf = (host, kind) => {
  const found = host.cells[kind];
  let what, n = 0;
  if (found && kind === "check") [what, n] = found.failed ? ["wrong", found.failed] : ["passed", found.done];
  else if (found && found.failed) what = "failed";
  else if (found && found.left) [what, n] = ["left", found.left];
  else if (found && found.done) [what, n] = ["done", found.done];
  else if (["unchanged", "changed", "pending"].includes(host.s) && kind !== "check" && kind !== "hook") what = "right";
  else return make("td", { class: "c" });
  const [mark, look] = CELLS[what];
  return make("td", { class: `c ${look}`, title: t(`cell-${what}`, { n }) },
    make("span", { "aria-hidden": "true" }, n > 1 ? `${mark} ${n}` : mark), make("span", { class: "hidden" }, t(`cell-${what}`, { n })));
};
const rowOf = (host, number) => make("tr", { "aria-rowindex": number + 2 },
  make("th", { scope: "row" }, opener(host)), make("td", { class: "n" }, String(host.w)), make("td", {}, status(host.s)),
  make("td", {}, host.e || ""), ...columns.map(kind => cellOf(host, kind)),
  make("td", { class: "n" }, host.count ? String(host.count) : ""), make("td", { class: "n" }, seconds(host.t)), make("td", { class: "n" }, seconds(host.d)));
const headOf = name => {
  const sorted = asked.sort === name;
  return make("th", { scope: "col", class: ["wave", "changes", "start", "seconds"].includes(name) ? "n" : undefined, "aria-sort": sorted ? (asked.down ? "descending" : "ascending") : "none" },
    make("button", {
      type: "button", "data-sort": name,
      onclick: () => {
        asked.down = sorted ? !asked.down : false;
        asked.sort = name;
        choose();
        by("matrix").querySelector(`[data-sort="${name}"]`).focus();
      },
    }, t(name), make("span", { "aria-hidden": "true" }, sorted ? (asked.down ? " ▼" : " ▲") : "")));
};
const drawMatrix = () => {
  const head = ["host", "wave", "status", "engine"].map(headOf);
  head.push(...columns.map(kind => make("th", { scope: "col", class: "c" }, t(`kind-${kind}`))), ...["changes", "start", "seconds"].map(headOf));
  by("matrix").querySelector("thead tr").replaceChildren(...head);
  by("matrix").setAttribute("aria-rowcount", shown.length + 1);
  by("matrix").querySelector("tbody").replaceChildren();
  by("count").textContent = t("shown", { n: shown.length, m: run.hosts.length });
  by("none").hidden = shown.length > 0;
  by("none").textContent = t("none");
  addRows(0);
};
const addRows = begin => {
  const end = Math.min(shown.length, asked.upto);
  by("matrix").querySelector("tbody").append(...shown.slice(begin, end).map((host, number) => rowOf(host, begin + number)));
  by("more").hidden = end >= shown.length;
  by("more").textContent = t("more", { n: Math.min(PAGE, shown.length - end) });
};
const more = () => {
  const begin = Math.min(shown.length, asked.upto);
  asked.upto += PAGE;
  addRows(begin);
};
by("more").onclick = more;
new IntersectionObserver(seen => { if (seen.some(each => each.isIntersecting) && !by("more").hidden) more(); }, { rootMargin: "200px" }).observe(by("more"));

const drawSlowest = () => {
  const slow = run.hosts.filter(host => host.d > 0).sort((one, other) => other.d - one.d).slice(0, 10);
  by("slowest").hidden = !slow.length;
  by("slowest").querySelector("tbody").replaceChildren(...slow.map(host => {
    // checks of a wave lie behind its hosts' turns
    const longest = (host.k || []).filter(each => each[2] < host.t + host.d).reduce((most, each) => most && most[3] >= each[3] ? most : each, null);
    const bar = make("span", { class: "bar" });
    bar.style.width = `${100 * host.d / slow[0].d}%`;
    return make("tr", {}, make("th", { scope: "row" }, opener(host)), make("td", { class: "n" }, `${seconds(host.d)} s`),
      make("td", { class: "wider" }, bar, make("span", { class: "soft small" }, longest ? `${t("longest")}: ${word(longest[0])} ${seconds(longest[3])} s` : "")));
  }));
};

const drawChanges = () => {
  const found = new Map();
  for (const host of run.hosts) {
    const here = host.s === "pending" ? [...(host.c || []), ...(host.p || [])].map(number => changeOf(number)[1]) : (host.a || []).map(word);
    for (const resource of new Set(here)) found.set(resource, (found.get(resource) || 0) + 1);
  }
  by("changes").hidden = !found.size;
  by("changes").querySelector("tbody").replaceChildren(...[...found].map(([resource, n]) => make("tr", {},
    make("th", { scope: "row" }, resource), make("td", { class: "n whole" },
      make("button", { type: "button", "aria-label": `${resource}: ${count(n)}`, onclick: () => only("resource", resource) }, count(n))))));
};

// -- the timeline

const AXIS = 22;
const colours = () => {
  const style = getComputedStyle(root);
  return name => style.getPropertyValue(name).trim();
};
const TALL = 560;
const STEPS = [[30, 20], [80, 8], [220, 4], [500, 2]];
const FONT = "12px system-ui, sans-serif";
const rowHeight = () => (STEPS.find(([most]) => shown.length <= most) || [0, 1])[1];
const NAMED = 14;
const gutter = () => {
  if (rowHeight() < NAMED) return 0;
  const pen = by("bars").getContext("2d");
  pen.font = FONT;
  const widest = Math.max(0, ...shown.map(host => pen.measureText(host.h).width));
  return Math.min(widest + 14, by("scroll").clientWidth * 0.3);
};
const span = () => Math.max(run.seconds, 0.1, ...run.hosts.flatMap(host => (host.k || []).slice(-1).map(each => each[2] + each[3])));
const whole = span();
const drawLegend = () => {
  const kinds = KINDS.filter(kind => run.hosts.some(host => (host.k || []).some(each => word(each[1]) === kind)));
  const failed = run.hosts.some(host => host.x) ? ["failed"] : [];
  by("legend").replaceChildren(...["read", ...kinds, ...failed].map(kind => {
    const colour = make("i", { "aria-hidden": "true" });
    colour.style.background = `var(--k-${kind})`;
    return make("li", {}, colour, t(`kind-${kind}`));
  }));
};
const drawBars = () => {
  const scroll = by("scroll"), canvas = by("bars"), colour = colours();
  const lines = shown.filter(host => host.t !== undefined);
  const row = rowHeight(), total = AXIS + lines.length * row;
  by("high").style.height = `${total}px`;
  const left = gutter(), width = scroll.clientWidth;
  const height = Math.min(total, TALL), ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio; canvas.height = height * ratio;
  canvas.style.width = `${width}px`; canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = FONT;
  pen.textBaseline = "middle";
  const x = at => left + (width - left - 8) * at / whole;
  const first = Math.floor(scroll.scrollTop / row), last = Math.min(lines.length, first + Math.ceil(height / row) + 1);
  const begun = run.waves.filter(wave => wave.t !== null);
  begun.forEach((wave, number) => {
    const end = number + 1 < begun.length ? begun[number + 1].t : whole;
    if (number % 2 === 0) { pen.fillStyle = colour("--band"); pen.fillRect(x(wave.t), 0, x(end) - x(wave.t), height); }
  });
  for (let number = first; number < last; number++) {
    const host = lines[number], y = AXIS + number * row - scroll.scrollTop, thick = Math.max(row - (row > 6 ? 4 : 1), 1);
    const box = (from, length, kind) => {
      pen.fillStyle = colour(`--k-${kind}`) || colour("--k-wait");
      pen.fillRect(x(from), y + (row - thick) / 2, Math.max(x(from + length) - x(from), 1), thick);
    };
    box(host.t, host.d || 0, "read");
    for (const [, kind, from, length] of host.k || []) if (length) box(from, length, word(kind));
    if (host.x) { pen.fillStyle = colour("--k-failed"); pen.fillRect(x(host.t + (host.d || 0)) - 1, y, 4, row - 1); }
    if (left) { pen.fillStyle = colour("--ink"); pen.fillText(host.h.length > 30 ? `${host.h.slice(0, 29)}…` : host.h, 2, y + row / 2, left - 8); }
  }
  pen.fillStyle = colour("--card");
  pen.fillRect(0, 0, width, AXIS - 2);
  pen.strokeStyle = colour("--soft");
  let free = 0;
  begun.forEach(wave => {
    const at = x(wave.t);
    pen.beginPath(); pen.setLineDash([3, 3]); pen.moveTo(at, AXIS - 4); pen.lineTo(at, height); pen.stroke();
    const label = run.waves.length > 1 ? `${t("wave")} ${wave.n}` : "0 s";
    if (at < free) return;
    pen.fillStyle = colour("--soft"); pen.fillText(label, at, 9);
    free = at + pen.measureText(label).width + 10;
  });
  const end = `${seconds(whole)} s`, size = pen.measureText(end).width;
  if (width - size - 6 > free) { pen.fillStyle = colour("--soft"); pen.fillText(end, width - size - 4, 9); }
  canvas.setAttribute("aria-label", t("timeline", { n: lines.length }));
};
const under = event => {
  const row = rowHeight(), y = event.offsetY - AXIS + by("scroll").scrollTop;
  const host = y < 0 ? undefined : shown.filter(each => each.t !== undefined)[Math.floor(y / row)];
  const left = gutter();
  return [host, (event.offsetX - left) / (by("scroll").clientWidth - left - 8) * whole];
};
by("bars").onmousemove = event => {
  const [host, at] = under(event);
  if (!host) { by("tip").textContent = "\u00a0"; return; }
  const [ident, , from, length] = (host.k || []).findLast(each => each[2] <= at && at <= each[2] + each[3]) || [null, null, host.t, host.d || 0];
  by("tip").textContent = t("at", { host: host.h, what: ident === null ? t("kind-read") : word(ident), from: seconds(from), for: seconds(length) });
};
by("bars").onclick = event => { const [host] = under(event); if (host) open_(host); };
let waiting = false;
const soon = () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; drawBars(); });
};
by("scroll").onscroll = soon;
window.addEventListener("resize", soon);

// -- one host

let opened = null;
const diffOf = text => {
  const found = make("pre", { tabindex: "0", "aria-label": t("diff") });
  for (const line of text.split("\n")) {
    const look = /^\+(?!\+\+ )/.test(line) ? "add" : /^-(?!-- )/.test(line) ? "del" : undefined;
    found.append(make("span", { class: look }, line), "\n");
  }
  return found;
};
const listOf = (title, numbers) => numbers && numbers.length
  ? [make("h3", {}, t(title)), make("ul", {}, ...numbers.map(number => make("li", {}, word(number))))] : [];
const planOf = host => {
  const applied = new Set((host.a || []).map(word));
  const mark = done => run.dry ? [] : [" ", make("span", { class: done ? "good small" : "warn small" }, done ? `● ${t("applied")}` : `○ ${t("left")}`)];
  const items = (host.c || []).map(number => {
    const [step, resource, actual, desired, reason, diff] = changeOf(number);
    return make("div", { class: "item" }, make("div", {}, make("span", { class: "soft" }, `${step} · `), make("strong", {}, resource), ...mark(applied.has(resource))),
      make("p", {}, `${actual} → ${desired}`), make("p", { class: "soft small" }, `${t("because")} ${reason}`), ...(diff ? [diffOf(diff)] : []));
  });
  items.push(...(host.p || []).map(number => {
    const [step, resource, desired, after] = changeOf(number);
    return make("div", { class: "item" }, make("div", {}, make("span", { class: "soft" }, `${step} · `), make("strong", {}, resource), ...mark(applied.has(resource))),
      make("p", {}, desired), make("p", { class: "soft small" }, `${t("after")} ${after}`));
  }));
  if (!items.length) items.push(make("p", { class: "soft" }, t(["unchanged", "changed"].includes(host.s) ? "nothing" : "unread")));
  return [make("h3", {}, t("plan")), ...items];
};
const stepsOf = host => {
  if (!host.k) return [];
  const head = ["step", "start", "seconds", "done"].map(name => make("th", { scope: "col" }, t(name)));
  return [make("h3", {}, t("steps")), make("table", { class: "steps" }, make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...host.k.map(([ident, kind, from, length, done]) => {
      return make("tr", {}, make("th", { scope: "row" }, word(ident)), make("td", { class: "n" }, seconds(from)), make("td", { class: "n" }, seconds(length)),
        make("td", {}, word(kind) === "wait" ? "" : make("span", { class: done ? "good" : "bad" }, done ? `✓ ${t("yes")}` : `✗ ${t("no")}`)));
    })))];
};
const fill = host => {
  by("who").replaceChildren(host.h);
  const facts = [status(host.s), ` · ${t("wave")} ${host.w}`];
  if (host.e) facts.push(` · Docker ${host.e}`);
  if (host.d !== undefined) facts.push(` · ${seconds(host.d)} s`);
  const parts = [make("p", {}, ...facts)];
  if (host.x) {
    parts.push(make("h3", {}, t("error")), make("p", { class: "bad" }, host.x.text));
    if (host.x.log.length) parts.push(make("h3", {}, t("log")), make("pre", { tabindex: "0", "aria-label": t("log") }, host.x.log.map(word).join("\n")));
  }
  parts.push(...listOf("refusals", host.r), ...listOf("notes", host.n), ...planOf(host), ...stepsOf(host));
  if (host.i) parts.push(make("p", { class: "soft small" }, `${t("runs")}: ${host.i.join(", ")}`));
  by("what").replaceChildren(...parts);
};
const open_ = host => {
  opened = host;
  fill(host);
  by("detail").showModal();
  by("detail").scrollTop = 0;
};
by("close").onclick = () => by("detail").close();
by("detail").onclick = event => { if (event.target === by("detail")) by("detail").close(); };
by("detail").onclose = () => { opened = null; };

// -- all of it

const draw = () => { drawOutcomes(); drawMatrix(); drawBars(); };
const redraw = () => { drawCauses(); drawSlowest(); drawChanges(); drawLegend(); draw(); if (opened) fill(opened); };
by("search").oninput = () => { asked.text = by("search").value.trim().toLowerCase(); choose(); };
by("filter").onsubmit = event => event.preventDefault();
by("clear").onclick = () => only("text", "");
switched.push(redraw);
redraw();
