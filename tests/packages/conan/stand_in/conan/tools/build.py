# SPDX-License-Identifier: Apache-2.0
def check_min_cppstd(conanfile, cppstd):
    if conanfile.cppstd < int(cppstd):
        raise RuntimeError(f"Current cppstd ({conanfile.cppstd}) is lower than the required C++ standard ({cppstd}).")
