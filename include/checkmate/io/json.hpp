// SPDX-License-Identifier: Apache-2.0
//
// Both of our file formats (link checkmate::io): graphs (io/json_graph.hpp) and schedules
// (io/json_schedule.hpp).
#pragma once

#include <checkmate/io/json_graph.hpp>
#include <checkmate/io/json_schedule.hpp>
