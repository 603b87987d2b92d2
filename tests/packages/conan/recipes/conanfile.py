# SPDX-License-Identifier: Apache-2.0
#
# What the system has installed, under the names and component names that Conan's center gives it:
#
#   conan export . --name=eigen --version=3.4.0
from conan import ConanFile
from conan.tools.gnu import PkgConfig

# Package: its component (none: the package itself), pkg-config module (none: the default paths), libraries, macros.
SYSTEM = {
    "eigen": (None, "eigen3", [], []),
    "coin-cbc": ("libcbc", "cbc", [], []),
    "glpk": ("libglpk", None, ["glpk"], []),
    "nlohmann_json": (None, "nlohmann_json", [], []),
    "zlib": (None, "zlib", [], []),
    "boost": ("headers", None, [], []),
    "onnx": ("libonnx", "protobuf", ["onnx", "onnx_proto"], ["ONNX_NAMESPACE=onnx", "ONNX_ML=1"]),
}
CMAKE_NAMES = {"eigen": "Eigen3", "zlib": "ZLIB", "boost": "Boost", "onnx": "ONNX"}


class SystemConan(ConanFile):
    settings = "os", "arch", "compiler", "build_type"

    def package_id(self):
        self.info.clear()

    def package_info(self):
        component, module, libraries, macros = SYSTEM[self.name]
        self.cpp_info.set_property("cmake_file_name", CMAKE_NAMES.get(self.name, self.name))
        info = self.cpp_info.components[component] if component else self.cpp_info
        info.includedirs, info.libdirs, info.bindirs = [], [], []
        if module:
            PkgConfig(self, module).fill_cpp_info(info, is_system=True)
        info.system_libs = libraries + list(info.system_libs or [])
        info.defines = macros + list(info.defines or [])
