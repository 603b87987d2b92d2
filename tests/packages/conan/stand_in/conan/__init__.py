# SPDX-License-Identifier: Apache-2.0
#
# A stand-in for the part of Conan 2's API that our recipe uses, so that the recipe can be executed where Conan is not.
# It is strict: what Conan would refuse or warn about is an error here.


class Options:
    """The values of a recipe's options; only declared ones, only allowed values."""

    def __init__(self, allowed, values):
        for name, value in values.items():
            assert name in allowed, f"undeclared option {name}"
            assert value in allowed[name], f"{name} cannot be {value}"
        assert set(values) == set(allowed), "every option needs a default"
        self.__dict__.update(values)


class Component:
    """cpp_info, or one component of it, with Conan's defaults."""

    def __init__(self):
        self.properties = {}
        self.includedirs = ["include"]
        self.libdirs = ["lib"]
        self.bindirs = ["bin"]
        self.libs = []
        self.requires = []

    def set_property(self, name, value):
        assert name in ("cmake_file_name", "cmake_target_name", "pkg_config_name"), f"unknown property {name}"
        self.properties[name] = value


class Components(dict):
    def __missing__(self, name):
        self[name] = Component()
        return self[name]


class CppInfo(Component):
    def __init__(self):
        super().__init__()
        self.components = Components()


class Info:
    def __init__(self):
        self.cleared = False

    def clear(self):
        self.cleared = True


class ConanFile:
    """Base of recipes; run_recipe.py sets the folders before each step, as Conan does."""

    options = {}
    default_options = {}
    version = None

    def __init__(self, recipe_folder, **chosen):
        self.recipe_folder = recipe_folder
        self.options = Options(type(self).options, {**type(self).default_options, **chosen})
        self.cppstd = 20
        self.required = {}
        self.cpp_info = CppInfo()
        self.info = Info()

    def requires(self, reference, transitive_headers=False, transitive_libs=False):
        name, version = reference.split("/")
        assert name and version and name not in self.required
        assert transitive_headers, f"{name}: our headers include its headers"
        self.required[name] = version
