# SPDX-License-Identifier: Apache-2.0
import fnmatch
import os
import shutil


def load(conanfile, path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def copy(conanfile, pattern, src, dst):
    """Copies files below src that match, keeping their folders."""
    copied = []
    for folder, _, names in os.walk(src):
        for name in names:
            below = os.path.relpath(os.path.join(folder, name), src)
            if fnmatch.fnmatch(below, pattern):
                target = os.path.join(dst, below)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(os.path.join(src, below), target)
                copied.append(target)
    return copied
