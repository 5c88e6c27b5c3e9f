#pragma once
// A function compiled for several kinds of processors; the loader takes the best that there is.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The choice is made before the thread sanitizer's runtime can be called.
#define RAUDAL_CLONES(...)
#endif
#endif

#ifndef RAUDAL_CLONES
#if defined(__x86_64__)
#define RAUDAL_CLONES(...) __attribute__((target_clones(__VA_ARGS__)))
#else
#define RAUDAL_CLONES(...)
#endif
#endif
