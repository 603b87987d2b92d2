# SPDX-License-Identifier: Apache-2.0
#
# ONNX with its shape inference and protobuf as CheckmateOnnx::CheckmateOnnx. In order: targets that a parent project,
# vcpkg or Conan already made, then headers and libraries on the usual paths. (Debian's ONNXConfig.cmake is left alone: it
# names a file that its package does not have.)
if(TARGET CheckmateOnnx::CheckmateOnnx)
  set(CheckmateOnnx_WHERE "an existing target")
else()
  unset(CheckmateOnnx_WHERE)
  foreach(_checkmate_onnx IN ITEMS ONNX::onnx onnx::onnx onnx)
    if(TARGET ${_checkmate_onnx} AND NOT CheckmateOnnx_WHERE)
      set(CheckmateOnnx_WHERE ${_checkmate_onnx})
    endif()
  endforeach()
  unset(_checkmate_onnx)
  if(NOT CheckmateOnnx_WHERE)
    find_path(CheckmateOnnx_INCLUDE_DIR onnx/shape_inference/implementation.h)
    find_library(CheckmateOnnx_LIBRARY onnx)
    find_library(CheckmateOnnx_PROTO_LIBRARY onnx_proto)
    find_path(CheckmateOnnx_PROTOBUF_INCLUDE_DIR google/protobuf/message.h)
    find_library(CheckmateOnnx_PROTOBUF_LIBRARY protobuf)
    mark_as_advanced(CheckmateOnnx_INCLUDE_DIR CheckmateOnnx_LIBRARY CheckmateOnnx_PROTO_LIBRARY
                     CheckmateOnnx_PROTOBUF_INCLUDE_DIR CheckmateOnnx_PROTOBUF_LIBRARY)
    if(CheckmateOnnx_INCLUDE_DIR AND CheckmateOnnx_LIBRARY AND CheckmateOnnx_PROTO_LIBRARY
       AND CheckmateOnnx_PROTOBUF_INCLUDE_DIR AND CheckmateOnnx_PROTOBUF_LIBRARY)
      set(CheckmateOnnx_WHERE "${CheckmateOnnx_LIBRARY}")
    endif()
  endif()
  if(CheckmateOnnx_WHERE)
    add_library(CheckmateOnnx::CheckmateOnnx INTERFACE IMPORTED)
    if(TARGET ${CheckmateOnnx_WHERE})
      target_link_libraries(CheckmateOnnx::CheckmateOnnx INTERFACE ${CheckmateOnnx_WHERE})
    else()
      target_include_directories(CheckmateOnnx::CheckmateOnnx SYSTEM INTERFACE
                                 "${CheckmateOnnx_INCLUDE_DIR}" "${CheckmateOnnx_PROTOBUF_INCLUDE_DIR}")
      # The two macros say how the library was built; its headers do not know.
      target_compile_definitions(CheckmateOnnx::CheckmateOnnx INTERFACE ONNX_NAMESPACE=onnx ONNX_ML=1)
      target_link_libraries(CheckmateOnnx::CheckmateOnnx INTERFACE "${CheckmateOnnx_LIBRARY}"
                            "${CheckmateOnnx_PROTO_LIBRARY}" "${CheckmateOnnx_PROTOBUF_LIBRARY}")
    endif()
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CheckmateOnnx REQUIRED_VARS CheckmateOnnx_WHERE)
