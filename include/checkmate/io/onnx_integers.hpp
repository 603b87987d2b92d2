// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic on shapes that ONNX models do on the way to a Reshape or an Expand, carried out: small
// integer tensors that follow from constants and from shapes that are known. An implementation detail of
// io/onnx_model.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>

#include <checkmate/core/checked.hpp>

namespace checkmate {
inline namespace v0 {
namespace detail {

/// The attribute of that name; null where the node has none.
inline ONNX_NAMESPACE::AttributeProto const* find_attribute(ONNX_NAMESPACE::NodeProto const& node,
                                                            std::string_view name) {
  for (auto const& found : node.attribute()) {
    if (found.name() == name) return &found;
  }
  return nullptr;
}

/// Evaluates nodes in order; knows the integers of every value that it could work out.
class onnx_integers {
 public:
  using list = std::vector<std::int64_t>;
  using shape_of = std::function<std::optional<list>(std::string const&)>;

  /// All that can be known of `graph`, whose nodes all have an output; `shape` gives the shape of a value
  /// where it is known.
  onnx_integers(ONNX_NAMESPACE::GraphProto const& graph, shape_of shape) : shape_(std::move(shape)) {
    for (auto const& tensor : graph.initializer()) note(tensor.name(), read(tensor));
    for (auto const& node : graph.node()) note(node.output(0), evaluate(node));
  }

  /// The integers of the value called `name`; null where they are not known.
  [[nodiscard]] list const* find(std::string const& name) const {
    auto const at = known_.find(name);
    return at == known_.end() ? nullptr : &at->second;
  }

 private:
  using node_proto = ONNX_NAMESPACE::NodeProto;
  using tensor_proto = ONNX_NAMESPACE::TensorProto;
  static constexpr std::size_t longest = 64;  // a shape has no more dimensions

  void note(std::string const& name, std::optional<list> value) {
    if (value && value->size() <= longest) known_[name] = std::move(*value);
  }

  static std::optional<list> read(tensor_proto const& tensor) {
    std::int64_t size = 1;
    for (std::int64_t d : tensor.dims()) {
      if (multiply_overflows(size, d, size)) return std::nullopt;
    }
    auto const count = static_cast<std::size_t>(size);
    if (size < 0 || count > longest) return std::nullopt;
    if (tensor.data_type() == tensor_proto::INT64)
      return unpacked<std::int64_t>(tensor.int64_data(), tensor.raw_data(), count);
    if (tensor.data_type() == tensor_proto::INT32)
      return unpacked<std::int32_t>(tensor.int32_data(), tensor.raw_data(), count);
    return std::nullopt;
  }

  /// The numbers, which are in either of the two. ONNX stores little endian; so do the machines that this is
  /// for.
  template <class T, class Data>
  static std::optional<list> unpacked(Data const& data, std::string const& raw, std::size_t count) {
    if (static_cast<std::size_t>(data.size()) == count) return list(data.begin(), data.end());
    if (raw.size() != count * sizeof(T)) return std::nullopt;
    std::vector<T> numbers(count);
    if (count > 0) std::memcpy(numbers.data(), raw.data(), raw.size());
    return list(numbers.begin(), numbers.end());
  }

  /// Input `place`, or the attribute `name` of older versions of the operator.
  [[nodiscard]] std::optional<list> argument(node_proto const& node, int place, char const* name) const {
    if (place < node.input_size() && !node.input(place).empty()) {
      list const* const found = find(node.input(place));
      return found == nullptr ? std::nullopt : std::optional<list>(*found);
    }
    auto const* found = find_attribute(node, name);
    return found == nullptr ? std::nullopt
                            : std::optional<list>(list(found->ints().begin(), found->ints().end()));
  }

  [[nodiscard]] std::optional<list> evaluate(node_proto const& node) const {
    std::string const& op = node.op_type();
    if (op == "Constant") {
      auto const* value = find_attribute(node, "value");
      if (value != nullptr) return read(value->t());
      if (auto const* one = find_attribute(node, "value_int")) return list{one->i()};
      if (auto const* many = find_attribute(node, "value_ints"))
        return list(many->ints().begin(), many->ints().end());
      return std::nullopt;
    }
    if (node.input_size() == 0) return std::nullopt;
    if (op == "Shape") return shape_part(node);
    if (op == "Concat") return joined(node);
    list const* const first = find(node.input(0));
    if (first == nullptr) return std::nullopt;
    if (op == "Cast" || op == "Identity" || op == "Squeeze" || op == "Unsqueeze" || op == "Reshape")
      return *first;
    if (op == "Gather") return gathered(node, *first);
    if (op == "Slice") return sliced(node, *first);
    if (op == "ReduceProd") {
      std::int64_t product = 1;
      for (std::int64_t x : *first) {
        if (multiply_overflows(product, x, product)) return std::nullopt;
      }
      return list{product};
    }
    return node.input_size() == 2 ? combined(node, *first) : std::nullopt;
  }

  [[nodiscard]] std::optional<list> shape_part(node_proto const& node) const {
    std::optional<list> shape = shape_(node.input(0));
    if (!shape) return std::nullopt;
    auto const rank = static_cast<std::int64_t>(shape->size());
    auto const* start = find_attribute(node, "start");
    auto const* end = find_attribute(node, "end");
    std::int64_t const from = within(start == nullptr ? 0 : start->i(), rank);
    std::int64_t const to = within(end == nullptr ? rank : end->i(), rank);
    return to <= from ? list{} : list(shape->begin() + from, shape->begin() + to);
  }

  static std::int64_t within(std::int64_t place, std::int64_t size) {
    return std::clamp(place < 0 ? place + size : place, std::int64_t{0}, size);
  }

  [[nodiscard]] std::optional<list> joined(node_proto const& node) const {
    list out;
    for (auto const& input : node.input()) {
      list const* const part = find(input);
      if (part == nullptr) return std::nullopt;
      out.insert(out.end(), part->begin(), part->end());
    }
    return out;
  }

  [[nodiscard]] std::optional<list> gathered(node_proto const& node, list const& from) const {
    list const* const places = node.input_size() > 1 ? find(node.input(1)) : nullptr;
    if (places == nullptr) return std::nullopt;
    list out;
    for (std::int64_t place : *places) {
      std::int64_t const at = place < 0 ? place + static_cast<std::int64_t>(from.size()) : place;
      if (at < 0 || at >= static_cast<std::int64_t>(from.size())) return std::nullopt;
      out.push_back(from[static_cast<std::size_t>(at)]);
    }
    return out;
  }

  [[nodiscard]] std::optional<list> sliced(node_proto const& node, list const& from) const {
    auto const starts = argument(node, 1, "starts");
    auto const ends = argument(node, 2, "ends");
    auto const steps = argument(node, 4, "steps");
    bool const plain = !steps || *steps == list{1};
    if (!starts || !ends || starts->size() != 1 || ends->size() != 1 || !plain) return std::nullopt;
    auto const size = static_cast<std::int64_t>(from.size());
    std::int64_t const first = within(starts->front(), size);
    std::int64_t const last = within(ends->front(), size);
    return last <= first ? list{} : list(from.begin() + first, from.begin() + last);
  }

  [[nodiscard]] std::optional<list> combined(node_proto const& node, list const& a) const {
    list const* const b = find(node.input(1));
    if (b == nullptr || a.empty() || b->empty()) return std::nullopt;
    if (a.size() != b->size() && a.size() != 1 && b->size() != 1) return std::nullopt;
    list out;
    for (std::size_t i = 0; i < std::max(a.size(), b->size()); ++i) {
      std::int64_t const x = a[a.size() == 1 ? 0 : i];
      std::int64_t const y = (*b)[b->size() == 1 ? 0 : i];
      std::optional<std::int64_t> const z = combined(node.op_type(), x, y);
      if (!z) return std::nullopt;
      out.push_back(*z);
    }
    return out;
  }

  /// Nothing where the operator is another one, or the result does not fit.
  [[nodiscard]] static std::optional<std::int64_t> combined(std::string const& op, std::int64_t x,
                                                            std::int64_t y) {
    std::int64_t z = 0;
    bool wrong = true;
    if (op == "Mul") wrong = multiply_overflows(x, y, z);
    if (op == "Add") wrong = add_overflows(x, y, z);
    if (op == "Sub") wrong = subtract_overflows(x, y, z);
    if (op == "Div" && y != 0 && !(y == -1 && subtract_overflows(0, x, z))) {
      z = x / y;
      wrong = false;
    }
    return wrong ? std::nullopt : std::optional(z);
  }

  shape_of shape_;
  std::unordered_map<std::string, list> known_;
};

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
