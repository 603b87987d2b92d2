# SPDX-License-Identifier: Apache-2.0
def basic_layout(conanfile, src_folder="."):
    conanfile.laid_out = src_folder
