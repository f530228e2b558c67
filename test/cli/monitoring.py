"""The alerts and the dashboard of manifests/monitoring against each other, against the code, and as tests for promtool.

  monitoring.py names ROOT            what is asked for but told by nobody, or told and not documented; the exit code says whether there was any
  monitoring.py tests ROOT FOLDER     writes FOLDER/rules.yaml and FOLDER/tests.yaml for `promtool test rules FOLDER/tests.yaml`
  monitoring.py untested ROOT         alerts that no test makes fire
"""
import json
import pathlib
import re
import sys

import yaml

root = pathlib.Path(sys.argv[2])
monitoring = root / "manifests/monitoring"
groups = yaml.safe_load((monitoring / "alerts.yaml").read_text())["spec"]["groups"]
rules = {rule["alert"]: rule for group in groups for rule in group["rules"]}
tests = yaml.safe_load((root / "test/cli/alerts.yaml").read_text())


def told():
    """Names of the series that the programs tell, read from where they are told."""
    names = set()
    for path in [*root.glob("webhook/*.cpp"), *root.glob("cli/*.cpp")]:
        for kind, name in re.findall(r'page\.(counter|gauge|histogram)\(\s*"([a-z0-9_]+)"', path.read_text()):
            names |= {f"stateward_{name}{end}" for end in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))}
    return names


def asked():
    dashboard = json.loads((monitoring / "dashboard.json").read_text())
    for name, rule in rules.items():
        yield name, rule["expr"]
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def of_api_server(name):
    return name.startswith("apiserver_admission_webhook_")


if sys.argv[1] == "names":
    known, wrong = told(), []
    for where, expression in asked():
        names = set(re.findall(r"\b(?:stateward|apiserver)_[a-z0-9_]+", expression))
        wrong += [f"{where}: {name}" for name in sorted(names) if name not in known and not of_api_server(name)]
        wrong += [f"{where}: no series"] if not names else []
    documented = set(re.findall(r"^\| `(stateward_[a-z0-9_]+)`", (root / "docs/observing.md").read_text(), re.M))
    families = {re.sub(r"_bucket$", "", name) for name in known if not name.endswith(("_sum", "_count"))}
    wrong += [f"docs/observing.md: {name}" for name in sorted(documented ^ families)]
    for name, rule in rules.items():
        if rule["labels"].get("severity") not in ("critical", "warning") or not rule.get("for") or set(rule["annotations"]) != {"summary", "description"}:
            wrong.append(f"{name}: severity, for, summary and description")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)
elif sys.argv[1] == "untested":
    print("\n".join(sorted(set(rules) - {name for test in tests["tests"] for name in test.get("fires", {})})))
elif sys.argv[1] == "tests":
    folder = pathlib.Path(sys.argv[3])
    for rule in rules.values():
        rule.pop("annotations")
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    for test in tests["tests"]:
        at, fires = test.pop("at", None), test.pop("fires", {})
        for name, alerts in fires.items():
            test.setdefault("alert_rule_test", []).extend([
                {"eval_time": at["quiet"], "alertname": name},
                {"eval_time": at["firing"], "alertname": name,
                 "exp_alerts": [{"exp_labels": labels} for labels in alerts]}])
    (folder / "tests.yaml").write_text(yaml.safe_dump(tests))
