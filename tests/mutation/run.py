#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks the library in the small ways that mutants.toml lists, one at a time, and says which of them the tests notice.

    tests/mutation/run.py            build, run and print a table; exit status 1 if a mutant survives
    tests/mutation/run.py --check    only: does every mutant still apply? (seconds; part of the test run)
    tests/mutation/run.py NAME...    only the mutants whose names begin so

A mutant replaces one text, which must occur exactly once (in its header, or `within` a text that does). All mutants are
built into one copy of the headers, each behind a switch that the environment variable CHECKMATE_MUTANT sets when a test
program starts, so that every test file is compiled once and not once a mutant: an expression `old` becomes
`(switch ? (new) : (old))`, a statement `if (switch) { new } else { old }`. With no mutant switched on, which is tried
first, the tests must pass. A mutant is killed if a test program fails, crashes, or takes many times as long as it
should. What survives the test files that its entry names is run against every other test file that one of the mutants
of this run names; test files that none of them names are not run.

Python 3.11's standard library only. Needs g++ (or CXX), Eigen, doctest and CBC; work files go to --work.
"""
import argparse
import os
import pathlib
import resource
import shlex
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HEADERS = ROOT / "include" / "checkmate"
SWITCH = """#pragma once
#include <cstdlib>
namespace checkmate_mutation {
inline int const on = std::getenv("CHECKMATE_MUTANT") != nullptr ? std::atoi(std::getenv("CHECKMATE_MUTANT")) : 0;
}
"""


class Wrong(Exception):
    """The list, or the unmutated tree, is not in order."""


def load():
    with open(HERE / "mutants.toml", "rb") as file:
        mutants = tomllib.load(file)["mutant"]
    names = set()
    for number, mutant in enumerate(mutants, 1):
        mutant["number"] = number
        missing = {"name", "file", "old", "new", "tests"} - mutant.keys()
        unknown = mutant.keys() - {"name", "file", "old", "new", "tests", "kind", "within", "number"}
        if missing or unknown:
            raise Wrong(f"mutant {number}: fields missing {sorted(missing)}, unknown {sorted(unknown)}")
        if mutant["name"] in names:
            raise Wrong(f"two mutants are called {mutant['name']}")
        names.add(mutant["name"])
        if mutant.setdefault("kind", "expression") not in ("expression", "statement"):
            raise Wrong(f"{mutant['name']}: unknown kind {mutant['kind']}")
        for test in mutant["tests"]:
            if not (ROOT / "tests" / test).is_file():
                raise Wrong(f"{mutant['name']}: there is no tests/{test}")
    return mutants


def switched(mutant):
    switch = f"::checkmate_mutation::on == {mutant['number']}"
    if mutant["kind"] == "expression":
        return f"({switch} ? ({mutant['new']}) : ({mutant['old']}))"
    return f"if ({switch}) {{ {mutant['new']} }} else {{ {mutant['old']} }}"


def mutated(name, mutants):
    """The text of header `name` with all its mutants behind their switches."""
    text = (HEADERS / name).read_text()
    places = []
    for mutant in mutants:
        if mutant["old"] == mutant["new"]:
            raise Wrong(f"{mutant['name']} changes nothing")
        around = mutant.get("within", mutant["old"])
        for inner, outer, where in ((around, text, name), (mutant["old"], around, "the text that it is within")):
            if outer.count(inner) != 1:
                raise Wrong(f"{mutant['name']}: this occurs {outer.count(inner)} times in {where}, not once:\n  {inner}")
        at = text.index(around) + around.index(mutant["old"])
        places.append((at, at + len(mutant["old"]), mutant))
    places.sort(key=lambda place: place[0])
    for (_, end, one), (begin, _, other) in zip(places, places[1:]):
        if begin < end:
            raise Wrong(f"{one['name']} and {other['name']} overlap")
    for begin, end, mutant in reversed(places):
        text = text[:begin] + switched(mutant) + text[end:]
    return text


def apply_all(mutants):
    """By header: its mutated text. Throws unless every mutant applies."""
    headers = {}
    for mutant in mutants:
        headers.setdefault(mutant["file"], []).append(mutant)
    return {name: mutated(name, found) for name, found in headers.items()}


class Bench:
    """Builds and runs test files against the mutated copy of the headers."""

    def __init__(self, work, flags):
        self.work = work
        self.compiler = shlex.split(os.environ.get("CXX", "g++"))
        pkg = lambda *what: shlex.split(subprocess.check_output(["pkg-config", *what], text=True))
        self.libraries = pkg("--libs", "cbc")
        self.flags = [*shlex.split(flags), "-std=c++20", "-w", "-include", str(work / "switch.hpp"),
                      "-I", str(work / "include"), "-I", str(ROOT / "tests"),
                      *pkg("--cflags", "cbc"), *pkg("--cflags", "eigen3"),
                      "-DCHECKMATE_PROPERTY_PROBLEMS=300", f'-DCHECKMATE_SOURCE_DIR="{ROOT}"',
                      f'-DCHECKMATE_SHARED_DIR="{work / "none"}"']  # no more than is in the repository
        self.seconds = {}  # by test file: an unmutated run

    def copy(self, headers):
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(ROOT / "include", self.work / "include")
        for name, text in headers.items():
            (self.work / "include" / "checkmate" / name).write_text(text)
        (self.work / "switch.hpp").write_text(SWITCH)

    def program(self, test):
        return self.work / test.replace("/", "_").removesuffix(".cpp")

    def object(self, test):
        out = self.program(test).with_suffix(".o")
        if not out.exists():
            subprocess.run([*self.compiler, *self.flags, "-c", str(ROOT / "tests" / test), "-o", str(out)], check=True)
        return out

    def build(self, test):
        """Builds `test` unless that is done, and sees to it that it passes as long as nothing is mutated."""
        if test in self.seconds:
            return
        objects = [str(self.object(test)), str(self.object("main.cpp"))]
        subprocess.run([*self.compiler, *objects, *self.libraries, "-o", str(self.program(test))], check=True)
        began = time.monotonic()
        verdict = self.run(test, 0, 900)
        self.seconds[test] = time.monotonic() - began
        if verdict:
            raise Wrong(f"{test} does not pass even unmutated: {verdict}")
        print(f"  built {test}; it takes {self.seconds[test]:.1f} s", file=sys.stderr, flush=True)

    def run(self, test, number, limit):
        """Empty if `test` passes with mutant `number` switched on; what it said or did otherwise."""
        environment = {**os.environ, "CHECKMATE_MUTANT": str(number), "OPENBLAS_NUM_THREADS": "1"}
        memory = 6 << 30  # a mutant that never ends should not take the machine with it
        try:
            done = subprocess.run([str(self.program(test)), "--abort-after=1", "--no-colors", "--no-version"],
                                  env=environment, cwd=self.work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=limit, errors="replace", text=True,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)))
        except subprocess.TimeoutExpired:
            return "does not end"
        if done.returncode == 0:
            return ""
        return first_case(done.stdout) if done.returncode > 0 else f"signal {-done.returncode}"

    def verdict(self, mutant, tests):
        for test in tests:
            self.build(test)
            said = self.run(test, mutant["number"], 60 + 20 * self.seconds[test])
            if said:
                return test, said
        return None


def first_case(output):
    lines = output.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("TEST CASE:"):
            # A long name is printed on the line below.
            return line.removeprefix("TEST CASE:").strip() or lines[at + 1].strip()
    return "fails"


def judge(bench, mutants, fall_back):
    every = sorted({test for mutant in mutants for test in mutant["tests"]})
    rows, survivors = [], []
    for mutant in mutants:
        rest = [test for test in every if test not in mutant["tests"]] if fall_back else []
        found = bench.verdict(mutant, mutant["tests"] + rest)
        if found is None:
            survivors.append(mutant["name"])
        by = f"{found[0]}: {found[1]}" if found else ""
        rows.append(f"| {mutant['name']} | {mutant['file']} | {'killed' if found else 'SURVIVED'} | {by} |")
        print(rows[-1], file=sys.stderr, flush=True)
    print("| mutant | header | | noticed by |\n| --- | --- | --- | --- |")
    print("\n".join(rows))
    print(f"\n{len(mutants) - len(survivors)} of {len(mutants)} killed; survivors: {', '.join(survivors) or 'none'}")
    return not survivors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only the mutants whose names begin so")
    parser.add_argument("--check", action="store_true", help="only check that every mutant applies")
    parser.add_argument("--no-fall-back", action="store_true", help="for each mutant only the test files that its own entry names")
    parser.add_argument("--flags", default="-O0", help="compiler flags (default: %(default)s)")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "mutation", help="default: %(default)s")
    options = parser.parse_args()
    mutants = load()
    headers = apply_all(mutants)
    if options.check:
        print(f"{len(mutants)} mutants apply")
        return True
    chosen = [m for m in mutants if not options.names or m["name"].startswith(tuple(options.names))]
    if not chosen:
        raise Wrong("no mutant has a name that begins so")
    bench = Bench(options.work.resolve(), options.flags)
    bench.copy(headers)
    return judge(bench, chosen, not options.no_fall_back)


if __name__ == "__main__":
    try:
        sys.exit(0 if main() else 1)
    except (Wrong, OSError, subprocess.CalledProcessError) as trouble:
        sys.exit(f"mutation: {trouble}")
