// SPDX-License-Identifier: Apache-2.0
//
// Adam (Kingma and Ba, 2015): what becomes of the gradients once a schedule has ended.
#pragma once

#include <cmath>
#include <cstdint>

#include "executor.hpp"

namespace engine {

/// Changes every weight by its gradient, which `engine` must hold. Steps count from 0.
inline void adam_step(network const& net, executor const& engine, fixed_memory& fixed, std::uint64_t step,
                      scalar rate) {
  constexpr scalar decay_1 = 0.9F, decay_2 = 0.99F, epsilon = 1e-8F;
  auto const t = static_cast<scalar>(step + 1);
  scalar const bias_1 = 1 - std::pow(decay_1, t), bias_2 = 1 - std::pow(decay_2, t);
  for (std::size_t p = 0; p < net.parameters().size(); ++p) {
    parameter const& weight = net.parameters()[p];
    using numbers = Eigen::Map<Eigen::Array<scalar, Eigen::Dynamic, 1>, Eigen::Aligned64>;
    using given = Eigen::Map<Eigen::Array<scalar, Eigen::Dynamic, 1> const, Eigen::Aligned64>;
    index const size = weight.dims.size();
    given const gradient(engine.value(weight.gradient.value()), size);
    numbers w(fixed.weights[p].data(), size);
    numbers m(fixed.first_moments[p].data(), size), v(fixed.second_moments[p].data(), size);
    m = decay_1 * m + (1 - decay_1) * gradient;
    v = decay_2 * v + (1 - decay_2) * gradient.square();
    w -= rate * (m / bias_1) / ((v / bias_2).sqrt() + epsilon);
  }
}

}  // namespace engine
