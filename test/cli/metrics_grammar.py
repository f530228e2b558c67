"""A page of metrics from standard input, held against the text format 0.0.4 and Prometheus' conventions.

Prints a line for each thing that is wrong; the exit code says whether there was any."""
import re
import sys

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
VALUE = re.compile(r"(NaN|[+-]Inf|[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)$")
wrong, types, helps, seen, buckets, counts = [], {}, {}, set(), {}, {}

page = sys.stdin.buffer.read().decode("utf-8")
if not page.endswith("\n"):
    wrong.append("the page does not end with a line feed")
for number, line in enumerate(page.splitlines(), 1):
    def complain(text):
        wrong.append(f"{number}: {text}: {line}")

    if line.startswith("# HELP "):
        name, text = line[7:].split(" ", 1)
        if not text.strip() or name in helps:
            complain("help")
        helps[name] = text
        continue
    if line.startswith("# TYPE "):
        name, kind = line[7:].split(" ")
        if kind not in ("counter", "gauge", "histogram") or name in types:
            complain("type")
        if (kind == "counter") != name.endswith("_total"):
            complain("counters, and nothing else, end with _total")
        if not name.startswith("stateward_") or re.search(r"_(milli|micro|nano)?(ms|millis|kb|kilobytes)\b", name):
            complain("prefix or unit")
        types[name] = kind
        continue
    if not line or line.startswith("#"):
        continue
    match = NAME.match(line)
    if not match:
        complain("no name")
        continue
    name, rest, labels = match.group(), line[match.end():], {}
    if rest.startswith("{"):
        rest = rest[1:]
        while not rest.startswith("}"):
            label = LABEL.match(rest)
            if not label or label[1] in labels or label[1].startswith("__"):
                complain("label")
                break
            labels[label[1]] = label[2]
            rest = rest[label.end():].removeprefix(",")
        rest = rest[1:]
    if not rest.startswith(" ") or not VALUE.match(rest[1:]):
        complain("value")
        continue
    value = float(rest[1:].replace("Inf", "inf"))
    series = (name, tuple(sorted(labels.items())))
    if series in seen:
        complain("twice")
    seen.add(series)
    family = re.sub(r"_(bucket|sum|count)$", "", name) if name not in types else name
    if family not in types or family not in helps:
        complain("no type or help above it")
    if types.get(family) == "histogram":
        key = (family, tuple(sorted((k, v) for k, v in labels.items() if k != "le")))
        if name.endswith("_bucket"):
            buckets.setdefault(key, []).append((float(labels["le"].replace("Inf", "inf")), value))
        elif name.endswith("_count"):
            counts[key] = value
for key, found in buckets.items():
    ordered = found == sorted(found) and [v for _, v in found] == sorted(v for _, v in found)
    if not ordered or found[-1][0] != float("inf") or found[-1][1] != counts.get(key):
        wrong.append(f"buckets of {key}: {found}")
if not seen:
    wrong.append("there are no series")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
