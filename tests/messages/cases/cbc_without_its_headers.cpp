// SPDX-License-Identifier: Apache-2.0
// expect: link checkmate::cbc: the headers of COIN-OR CBC are missing (Debian: coinor-libcbc-dev)
#include <checkmate/solvers/cbc.hpp>  // the target checkmate::cbc is not linked here
