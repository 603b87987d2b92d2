# What a header says at its top, for Doxygen: the comment above `#pragma once` becomes the file's documentation. What is
# indented there keeps its layout, as Markdown's code does.
1s|^// SPDX.*|/// @file|
2,/^[^/]/{
  /^\/\/ ? ?[^ ]/s|<|\\<|g
  s|^//   |///       |
  s#^//($|[^/])#///\1#
}
