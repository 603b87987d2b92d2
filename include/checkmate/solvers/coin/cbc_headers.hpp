// SPDX-License-Identifier: Apache-2.0
//
// CBC's headers, without the warnings of those that copy through a deprecated constructor: users whose
// warnings are errors should not pay for that. Everything in coin/ is an implementation detail of cbc.hpp,
// clp.hpp and osi.hpp.
#pragma once

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-copy"
#endif
#include <CbcConfig.h>
#include <CbcEventHandler.hpp>
#include <CbcModel.hpp>
#include <CbcSolver.hpp>
#include <CbcStrategy.hpp>
#include <CoinError.hpp>
#include <OsiClpSolverInterface.hpp>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
