#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""coverage_report.py BUILD FOLDER: line coverage of the files below FOLDER, from gcc's counters below BUILD.

A line counts if gcc made code of it in any object, and as run if any object ran it, in whichever instance of a
template. Nothing is left out but what gcc makes no code of: templates that nothing instantiates (a header without any
code is listed as such) and declarations. Python's standard library and gcov only.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys


def counted(notes, folder):
    """(file, line) -> runs, from the object whose notes these are; without counters nothing of it ran."""
    counters = notes.with_suffix(".gcda")
    source = counters if counters.exists() else notes
    text = subprocess.run(["gcov", "--json-format", "--stdout", str(source)], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=notes.parent).stdout
    found = {}
    for document in filter(None, text.splitlines()):
        data = json.loads(document)
        for file in data["files"]:
            path = pathlib.Path(os.path.normpath(pathlib.Path(data["current_working_directory"]) / file["file"]))
            if not path.is_relative_to(folder):
                continue
            for line in file["lines"]:
                place = (str(path.relative_to(folder)), line["line_number"])
                found[place] = found.get(place, 0) + line["count"]
    return found


def ranges(numbers):
    out = []
    for number in numbers:
        if out and out[-1][1] == number - 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return out


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    build, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    notes = sorted(build.rglob("*.gcno"))
    if not notes:
        sys.exit(f"there is no .gcno below {build}: build the preset `coverage` first")
    runs = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for found in pool.map(lambda n: counted(n, folder), notes):
            for place, count in found.items():
                runs[place] += count
    lines = collections.defaultdict(dict)
    for (file, line), count in runs.items():
        lines[file][line] = count
    total = run = 0
    for path in sorted(folder.rglob("*.hpp")):
        file = str(path.relative_to(folder))
        here = lines.get(file)
        if not here:
            print(f"   no code        {file}")
            continue
        covered = sum(count > 0 for count in here.values())
        total, run = total + len(here), run + covered
        print(f"{100 * covered / len(here):6.1f} % {covered:4} / {len(here):4}  {file}")
    print(f"{100 * run / total:6.2f} % {run} / {total} lines")
    for file in sorted(lines):
        text = (folder / file).read_text().splitlines()
        for first, last in ranges(sorted(line for line, count in lines[file].items() if count == 0)):
            for line in range(first, last + 1):
                print(f"{file}:{line}: {text[line - 1]}")


if __name__ == "__main__":
    main()
