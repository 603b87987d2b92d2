// SPDX-License-Identifier: Apache-2.0
//
// The strategy seam by its public path: planning/strategy.hpp.
#pragma once

#include <checkmate/planning/strategy.hpp>
