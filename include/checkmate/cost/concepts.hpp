// SPDX-License-Identifier: Apache-2.0
//
// The cost seam by its public path: graph/cost_concepts.hpp.
#pragma once

#include <checkmate/graph/cost_concepts.hpp>
