# SPDX-License-Identifier: Apache-2.0
#
# Conan 2 recipe; it packages the checkout that it lies in:
#
#   conan create cmake/conan -s compiler.cppstd=20 -o "checkmate/*:with_cbc=True" --build=missing
#
# find_package(checkmate CONFIG) then gives checkmate::checkmate and, where asked for by option, checkmate::cbc and
# checkmate::glpk, checkmate::io, checkmate::onnx, checkmate::boost_graph: the targets that an installed checkmate has.
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.0"


class CheckmateConan(ConanFile):
    name = "checkmate"
    description = "Plans how to run a dataflow graph in less memory, at the least extra time"
    license = "Apache-2.0"
    topics = ("rematerialization", "scheduling", "memory", "training", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_cbc": [True, False], "with_glpk": [True, False], "with_io": [True, False],
               "with_onnx": [True, False], "with_boost_graph": [True, False]}
    default_options = {"with_cbc": False, "with_glpk": False, "with_io": False, "with_onnx": False,
                       "with_boost_graph": False}
    no_copy_source = True

    @property
    def _checkout(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        header = load(self, os.path.join(self._checkout, "include", "checkmate", "version.hpp"))
        numbers = re.findall(r"#define CHECKMATE_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header)
        self.version = ".".join(numbers)

    def export_sources(self):
        copy(self, "*.hpp", src=os.path.join(self._checkout, "include"),
             dst=os.path.join(self.export_sources_folder, "include"))
        copy(self, "LICENSE", src=self._checkout, dst=self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires("eigen/3.4.0", transitive_headers=True)
        if self.options.with_cbc:
            # Its option "parallel" is off by default: without it the backend refuses more than one thread.
            self.requires("coin-cbc/2.10.8", transitive_headers=True, transitive_libs=True)
        if self.options.with_glpk:  # GPL-3.0-or-later
            self.requires("glpk/5.0", transitive_headers=True, transitive_libs=True)
        if self.options.with_io:
            self.requires("nlohmann_json/3.11.3", transitive_headers=True)
            self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True, transitive_libs=True)
        if self.options.with_onnx:
            self.requires("onnx/[>=1.12.0 <2]", transitive_headers=True, transitive_libs=True)
        if self.options.with_boost_graph:
            self.requires("boost/[>=1.74.0 <2]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        # The headers are the same whatever the options, which only choose what the package stands for.
        self.info.clear()

    def package(self):
        copy(self, "*.hpp", src=os.path.join(self.source_folder, "include"),
             dst=os.path.join(self.package_folder, "include"))
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "checkmate")
        # The target that stands for the whole package links every component, so it cannot have the core's name.
        self.cpp_info.set_property("cmake_target_name", "checkmate::all")
        self._component("core", "checkmate::checkmate", "checkmate", ["eigen::eigen"])
        if self.options.with_cbc:
            self._component("cbc", "checkmate::cbc", "checkmate-cbc", ["core", "coin-cbc::libcbc"])
        if self.options.with_glpk:
            self._component("glpk", "checkmate::glpk", "checkmate-glpk", ["core", "glpk::libglpk"])
        if self.options.with_io:
            self._component("io", "checkmate::io", "checkmate-io",
                            ["core", "nlohmann_json::nlohmann_json", "zlib::zlib"])
        if self.options.with_onnx:
            self._component("onnx", "checkmate::onnx", "checkmate-onnx", ["core", "onnx::libonnx"])
        if self.options.with_boost_graph:
            self._component("boost_graph", "checkmate::boost_graph", "checkmate-boost_graph", ["core", "boost::headers"])

    def _component(self, name, target, pkg_config, requires):
        component = self.cpp_info.components[name]
        component.set_property("cmake_target_name", target)
        component.set_property("pkg_config_name", pkg_config)
        component.includedirs = ["include"]
        component.libdirs = []
        component.bindirs = []
        component.requires = requires
