// SPDX-License-Identifier: Apache-2.0
//
// CHECKMATE_TEST_WITHOUT_LIMITS: defined where a test must not limit the address space, as sanitizers reserve
// terabytes of it.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECKMATE_TEST_WITHOUT_LIMITS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHECKMATE_TEST_WITHOUT_LIMITS
#endif
#endif
