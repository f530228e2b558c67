#!/usr/bin/env python3
"""Reads the reports of one run back, each with a parser of its format, and holds them against each other.

formats.py FOLDER [cluster]   holds report.json, .sarif, .xml, .gh, .gitlab.json and .md, as -o FORMAT=FILE wrote them
Says what is wrong, a line each, and exits with 1.
"""
import json
import os
import re
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as ET

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = os.path.join(HERE, "schemas")
OWN = os.path.join(HERE, "..", "..", "docs", "schema", "report-v1.json")
problems = []


def want(condition, *what):
    if not condition:
        problems.append(" ".join(map(str, what)))


def valid(name, value, schema):
    with open(schema) as file:
        schema = json.load(file)
    checker = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    jsonschema.Draft7Validator.check_schema(schema)
    for error in list(checker.iter_errors(value))[:5]:
        want(False, name, list(error.absolute_path), error.message[:200])


def strict(pairs):
    names = [name for name, _ in pairs]
    want(len(names) == len(set(names)), "a member stands twice:", names)
    return dict(pairs)


def read_json(path):
    with open(path, "rb") as file:
        text = file.read()
    want(all(byte == 10 or 32 <= byte < 127 for byte in text), path, "is not printable ASCII")
    return json.loads(text, object_pairs_hook=strict)


def read_command(line):
    """As GitHub's runner takes a command apart."""
    match = re.fullmatch(r"::([a-z]+) ([^\n]*?)::(.*)", line)
    want(match, "no command:", line)
    level, properties, message = match.groups()
    undo = lambda text: re.sub("%(25|0D|0A|3A|2C)", lambda code: chr(int(code[1], 16)), text)
    return level, {k: undo(v) for k, v in (p.split("=", 1) for p in properties.split(","))}, undo(message)


def check_sarif(folder, report):
    log = read_json(os.path.join(folder, "report.sarif"))
    valid("SARIF", log, os.path.join(SCHEMAS, "sarif.json"))
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    results = run["results"]
    errors = [d for d in report["diagnostics"] if d["severity"] == "error" and d["location"]]
    want(len(results) == len(report["findings"]) + len(errors), "SARIF has", len(results), "results")
    want(len(run["invocations"][0]["toolExecutionNotifications"]) == len(report["diagnostics"]) - len(errors),
         "not every note is a notification")
    prints = [result["partialFingerprints"]["stateward/v1"] for result in results]
    want(len(set(prints)) == len(prints), "two results have one fingerprint")
    for result in results:
        want(rules[result["ruleIndex"]] == result["ruleId"], "a rule's index is another's:", result["ruleId"])
    ours = {finding["fingerprint"]: finding for finding in report["findings"]}
    for result in (r for r in results if r["ruleId"] != "unreadable-document"):
        finding = ours[result["partialFingerprints"]["stateward/v1"]]
        want(result["ruleId"] == finding["policy"], "the policy of", result)
        want(result["level"] == {"deny": "error", "warn": "warning", "audit": "note"}[finding["action"]], "level of", result)
        want(("suppressions" in result) == (finding["exemption"] is not None), "an exemption is no suppression")
        if finding["location"] is None:
            want("physicalLocation" not in result["locations"][0], "a file in a cluster")
            continue
        place = result["locations"][0]["physicalLocation"]
        at_home = finding["location"]["file"] != "<stdin>" or finding["template"] is None
        file = finding["location"]["file"] if at_home else finding["template"]
        path = urllib.parse.unquote(place["artifactLocation"]["uri"])
        want(path == file or "\ufffd" in file, "the file of", result)
        want(("region" in place) == at_home, "the region of", result)
        if at_home:
            region = place["region"]
            want([region[k] for k in ("startLine", "startColumn", "endLine", "endColumn")] ==
                 [finding["location"][k] for k in ("line", "column", "endLine", "endColumn")], "the region of", result)
            want((region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"]), "it ends before it begins")


def check_junit(folder, report, fails):
    path = os.path.join(folder, "report.xml")
    checked = subprocess.run(["xmllint", "--noout", "--schema", os.path.join(SCHEMAS, "junit.xsd"), path], capture_output=True, text=True)
    want(checked.returncode == 0, "JUnit:", checked.stderr[:500])
    suites = ET.parse(path).getroot()
    count = lambda tag: len(suites.findall(".//" + tag))
    for suite in suites:
        cases = suite.findall("testcase")
        seen = [len(cases)] + [len(suite.findall("testcase/" + tag)) for tag in ("failure", "error", "skipped")]
        want(seen == [int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")], "counts of", suite.get("name"))
        for case in cases:
            outcome = list(case)
            if outcome and outcome[0].tag == "failure":
                want(len(outcome[0].text) > 10, "a failure without text")
    want(count("failure") == sum(f["action"] in fails for f in report["findings"]), "JUnit has", count("failure"), "failures")
    want(count("skipped") == sum(f["exemption"] is not None for f in report["findings"]), "JUnit has", count("skipped"), "skipped")
    want(count("error") == sum(d["severity"] == "error" for d in report["diagnostics"]), "JUnit has", count("error"), "errors")
    # An object without findings is one case, one with findings as many as it has.
    found = {tuple(f["object"].values()) + ((f["location"] or {}).get("file"),) for f in report["findings"]}
    if not any(d["severity"] == "error" for d in report["diagnostics"]) and report["summary"]["hidden"] == 0:
        want(count("testcase") == len(report["findings"]) + report["summary"]["objects"] - len(found), "cases of objects")


def check_github(folder, report):
    with open(os.path.join(folder, "report.gh"), encoding="utf-8", newline="") as file:
        lines = file.read().split("\n")
    commands = [read_command(line) for line in lines if line.startswith("::")]
    want(len(commands) == len(report["findings"]) + len(report["diagnostics"]), "GitHub has", len(commands), "commands")
    for level, properties, message in commands:
        want(level in ("error", "warning", "notice"), "level", level)
        want(set(properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}, "properties", properties)
        want("\n::" not in message and message, "message", message)
    for line in lines:
        want(line.startswith("::") or re.fullmatch(r"|\d+ objects? in .*|\d+ \w+ annotations: .*", line), "a line of its own:", line)


def check_gitlab(folder, report):
    issues = read_json(os.path.join(folder, "report.gitlab.json"))
    valid("GitLab", issues, os.path.join(SCHEMAS, "gitlab.json"))
    errors = [d for d in report["diagnostics"] if d["severity"] == "error" and d["location"]]
    want(len(issues) == len(report["findings"]) + len(errors), "GitLab has", len(issues), "issues")
    prints = [issue["fingerprint"] for issue in issues]
    want(len(set(prints)) == len(prints), "two issues have one fingerprint")


def check_markdown(folder, report):
    path = os.path.join(folder, "report.md")
    html = subprocess.run(["cmark-gfm", "--unsafe", "-e", "autolink", "-e", "strikethrough", "-e", "table", path],
                          capture_output=True, text=True, check=True).stdout
    with open(path, encoding="utf-8") as file:
        want(len(file.read()) < 65536, "longer than a comment may be")
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    want(tags <= {"h3", "h4", "p", "ul", "li", "strong", "code"}, "tags", tags)
    bold = set(re.findall(r"<strong>(.*?)</strong>", html))
    want(bold == {finding["policy"] for finding in report["findings"]}, "in bold:", bold)
    text = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    want(not re.search(r"[@#]\w", re.sub(r"&[#\w]+;", "", text)), "somebody is mentioned")


def main():
    folder, rest = sys.argv[1], sys.argv[2:]
    report = read_json(os.path.join(folder, "report.json"))
    valid("report", report, OWN)
    fails = ("deny", "warn") if "fail-on-warn" in rest else ("deny",)
    prints = [finding["fingerprint"] for finding in report["findings"]]
    want(len(set(prints)) == len(prints), "two findings have one fingerprint")
    check_sarif(folder, report)
    check_junit(folder, report, fails)
    check_github(folder, report)
    check_gitlab(folder, report)
    check_markdown(folder, report)
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


main()
