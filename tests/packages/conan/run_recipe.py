# SPDX-License-Identifier: Apache-2.0
#
# Executes cmake/conan/conanfile.py as `conan create` would, step by step, with the stand-in of the API beside this file,
# and writes what Conan's CMakeDeps generator would: a checkmate-config.cmake made of what package_info() says alone.
#
#   run_recipe.py CONANFILE SCRATCH [option=True ...]     prints the version
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "stand_in"))

# What a requirement on a component of another package means in CMake.
FOREIGN = {
    "eigen::eigen": ("Eigen3 CONFIG", "Eigen3::Eigen"),
    "coin-cbc::libcbc": ("CoinCbc MODULE", "CoinCbc::CoinCbc"),
    "glpk::libglpk": ("CheckmateGlpk MODULE", "CheckmateGlpk::CheckmateGlpk"),
    "nlohmann_json::nlohmann_json": ("nlohmann_json CONFIG", "nlohmann_json::nlohmann_json"),
    "onnx::libonnx": ("CheckmateOnnx MODULE", "CheckmateOnnx::CheckmateOnnx"),
    "zlib::zlib": ("ZLIB", "ZLIB::ZLIB"),
    "boost::headers": ("CheckmateBoostGraph MODULE", "CheckmateBoostGraph::CheckmateBoostGraph"),
}


def recipe_class(path):
    spec = importlib.util.spec_from_file_location("conanfile", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    from conan import ConanFile
    return next(v for v in vars(module).values()
                if isinstance(v, type) and issubclass(v, ConanFile) and v is not ConanFile)


def create(path, scratch, chosen):
    """Every step of `conan create` that the recipe takes part in; the recipe after its last one."""
    recipe = recipe_class(path)(os.path.dirname(path), **chosen)
    assert recipe.package_type == "header-library" and recipe.no_copy_source
    recipe.set_version()
    recipe.export_sources_folder = os.path.join(scratch, "export_sources")
    recipe.export_sources()
    recipe.recipe_folder = os.path.join(scratch, "export")  # the checkout is out of reach from here on
    recipe.layout()
    recipe.requirements()
    recipe.validate()
    recipe.cppstd = 17
    try:
        recipe.validate()
        raise AssertionError("C++17 should be refused")
    except RuntimeError:
        pass
    recipe.package_id()
    assert recipe.info.cleared, "a header-only package is the same for every setting"
    recipe.source_folder = recipe.export_sources_folder
    recipe.package_folder = os.path.join(scratch, "package")
    recipe.package()
    assert os.path.isfile(os.path.join(recipe.package_folder, "licenses", "LICENSE"))
    recipe.package_info()
    return recipe


def check_requirements(recipe):
    """Conan refuses requirements that no component uses, and components that use what is not required."""
    used = {r.split("::")[0] for c in recipe.cpp_info.components.values() for r in c.requires if "::" in r}
    assert used == set(recipe.required), f"required {set(recipe.required)}, used {used}"


def write_config(recipe, folder):
    assert recipe.cpp_info.properties["cmake_file_name"] == "checkmate"
    targets = {name: c.properties["cmake_target_name"] for name, c in recipe.cpp_info.components.items()}
    whole = recipe.cpp_info.properties["cmake_target_name"]
    assert whole not in targets.values(), "the target of the whole package would link itself"
    lines = []
    for name, component in recipe.cpp_info.components.items():
        assert not component.libs and not component.libdirs and not component.bindirs, "header-only"
        links = [targets[r] if r in targets else FOREIGN[r][1] for r in component.requires]
        lines += [f"find_package({FOREIGN[r][0]} REQUIRED)" for r in component.requires if "::" in r]
        includes = [os.path.join(recipe.package_folder, d) for d in component.includedirs]
        lines += [f"add_library({targets[name]} INTERFACE IMPORTED)",
                  f'target_include_directories({targets[name]} INTERFACE "{";".join(includes)}")',
                  f"target_link_libraries({targets[name]} INTERFACE {' '.join(links)})"]
    lines += [f"add_library({whole} INTERFACE IMPORTED)",
              f"target_link_libraries({whole} INTERFACE {' '.join(targets.values())})"]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "checkmate-config.cmake"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    path, scratch = sys.argv[1:3]
    chosen = {name: value == "True" for name, value in (a.split("=") for a in sys.argv[3:])}
    recipe = create(path, scratch, chosen)
    check_requirements(recipe)
    assert len(recipe.cpp_info.components) == 1 + sum(chosen.values())
    write_config(recipe, os.path.join(scratch, "generators"))
    print(recipe.version)


main()
